-- +goose Up
-- Open sessions. token_hash is the SHA-256 of 32 random bytes, so that who
-- reads this table cannot sign in with it.
CREATE TABLE staff_session (
  token_hash BINARY(32)  NOT NULL,
  staff      BINARY(16)  NOT NULL,
  device     BINARY(16)  NOT NULL,
  created_at DATETIME(3) NOT NULL,
  seen_at    DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  PRIMARY KEY (token_hash),
  KEY staff_session_staff (staff),
  KEY staff_session_expiry (expires_at),
  CONSTRAINT staff_session_staff FOREIGN KEY (staff) REFERENCES staff (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
