-- +goose Up
-- The first result of every command that took effect, so that a repeat gets
-- the same answer and the same id with another request is refused.
CREATE TABLE command_result (
  id       BINARY(16)  NOT NULL,
  station  BINARY(16)  NOT NULL,
  staff    BINARY(16)  NOT NULL,
  command  VARCHAR(20) NOT NULL,
  request  BINARY(32)  NOT NULL,
  response MEDIUMTEXT  NOT NULL,
  at       DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY command_result_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
