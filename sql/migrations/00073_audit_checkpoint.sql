-- +goose Up
-- What the tree was when it had this many rows, signed. note is the signed
-- text; the other columns repeat it. Rows are only added.
CREATE TABLE audit_checkpoint (
  size BIGINT       NOT NULL,
  root BINARY(32)   NOT NULL,
  at   DATETIME(3)  NOT NULL,
  note VARCHAR(600) NOT NULL,
  PRIMARY KEY (size)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
