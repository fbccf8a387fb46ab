-- +goose Up
-- The order of the log: row number seq, from 1 and without a hole, is row_id,
-- whose canonical form had this hash when it was sealed. Rows are only added.
CREATE TABLE audit_seal (
  seq    BIGINT      NOT NULL,
  row_id BINARY(16)  NOT NULL,
  leaf   BINARY(32)  NOT NULL,
  at     DATETIME(3) NOT NULL,
  PRIMARY KEY (seq),
  UNIQUE KEY audit_seal_row (row_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
