-- +goose Up
-- The counter of every lossless channel. Its row is the last that a
-- transaction locks, which makes seq dense in the order of the commits.
CREATE TABLE stream (
  channel VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch   BINARY(16)  NOT NULL,
  seq     BIGINT      NOT NULL,
  PRIMARY KEY (channel)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
