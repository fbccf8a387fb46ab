-- +goose Up
-- One-time codes on their way, one a phone number, whether it is a member's or
-- not. code_hash is keyed outside the database and bound to the number: six
-- digits alone would be guessed from any plain hash.
CREATE TABLE login_code (
  phone_index BINARY(16)  NOT NULL,
  code_hash   BINARY(32)  NOT NULL,
  tries       INT         NOT NULL,
  expires_at  DATETIME(3) NOT NULL,
  PRIMARY KEY (phone_index),
  KEY login_code_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
