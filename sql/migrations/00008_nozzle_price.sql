-- +goose Up
-- The set a nozzle last acknowledged and the price read back from it. No
-- foreign keys: it is what a device said.
CREATE TABLE nozzle_price (
  station         BINARY(16)  NOT NULL,
  nozzle          INT         NOT NULL,
  price_set       BINARY(16)  NULL,
  price_fen_per_l BIGINT      NOT NULL,
  applied_at      DATETIME(3) NOT NULL,
  PRIMARY KEY (station, nozzle)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
