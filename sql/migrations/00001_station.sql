-- +goose Up
-- A petrol station. want_rev rises with every change of what pumpd should make
-- true; price_set is the set in force.
CREATE TABLE station (
  id         BINARY(16)  NOT NULL,
  name       VARCHAR(60) NOT NULL,
  zone       VARCHAR(40) NOT NULL,
  minimum_ml BIGINT      NOT NULL,
  want_rev   BIGINT      NOT NULL,
  price_set  BINARY(16)  NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT station_minimum CHECK (minimum_ml >= 0),
  CONSTRAINT station_want CHECK (want_rev >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
