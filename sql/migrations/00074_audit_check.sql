-- +goose Up
-- When the whole log was checked, how many rows it had, and what was found,
-- '' if all was well. Rows are only added.
CREATE TABLE audit_check (
  id      BINARY(16)   NOT NULL,
  at      DATETIME(3)  NOT NULL,
  size    BIGINT       NOT NULL,
  problem VARCHAR(400) NOT NULL,
  PRIMARY KEY (id),
  KEY audit_check_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
