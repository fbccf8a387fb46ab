-- +goose Up
-- Codes that stand in for a lost authenticator, each once. hash is keyed, so
-- that who reads this table learns no code.
CREATE TABLE staff_recovery (
  staff BINARY(16) NOT NULL,
  hash  BINARY(32) NOT NULL,
  PRIMARY KEY (staff, hash),
  CONSTRAINT staff_recovery_staff FOREIGN KEY (staff) REFERENCES staff (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
