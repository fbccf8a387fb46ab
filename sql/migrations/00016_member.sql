-- +goose Up
-- Members (会员). What is personal is sealed; phone_index is the keyed hash by
-- which a number is found again.
CREATE TABLE member (
  id          BINARY(16)     NOT NULL,
  number      VARCHAR(20)    NOT NULL,
  name        VARBINARY(250) NULL,
  phone       VARBINARY(64)  NOT NULL,
  phone_index BINARY(16)     NOT NULL,
  created_at  DATETIME(3)    NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY member_number (number),
  UNIQUE KEY member_phone (phone_index)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
