-- +goose Up
-- The price of one grade in one set, in fen per litre.
CREATE TABLE price (
  price_set       BINARY(16)  NOT NULL,
  grade           VARCHAR(10) NOT NULL,
  price_fen_per_l BIGINT      NOT NULL,
  PRIMARY KEY (price_set, grade),
  CONSTRAINT price_of_set FOREIGN KEY (price_set) REFERENCES price_set (id),
  CONSTRAINT price_positive CHECK (price_fen_per_l > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
