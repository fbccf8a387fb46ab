-- +goose Up
-- The last fact taken of a device's journal. It is moved by the transaction
-- that takes the facts, so a fact is taken once.
CREATE TABLE fact_position (
  device  BINARY(16) NOT NULL,
  journal BINARY(16) NOT NULL,
  station BINARY(16) NOT NULL,
  seq     BIGINT     NOT NULL,
  PRIMARY KEY (device, journal)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
