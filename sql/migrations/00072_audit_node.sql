-- +goose Up
-- The hashes of the tree over the log (RFC 6962), in the order they are
-- completed. Rows are only added.
CREATE TABLE audit_node (
  idx  BIGINT     NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
