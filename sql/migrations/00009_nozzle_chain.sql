-- +goose Up
-- The proof of one nozzle: the totalizer readings at both ends of what the hub
-- knows, and what was booked between them. Without foreign keys, because a
-- nozzle that nobody configured may dispense too, and it counts.
-- last_ml - first_ml is what the meter moved. Of it booked_ml was displayed on
-- sales, and rounding_ml is what those displays rounded away; the rest is
-- quarantined or missing.
CREATE TABLE nozzle_chain (
  station        BINARY(16) NOT NULL,
  nozzle         INT        NOT NULL,
  first_ml       BIGINT     NULL,
  last_ml        BIGINT     NULL,
  booked_ml      BIGINT     NOT NULL,
  quarantined_ml BIGINT     NOT NULL,
  missing_ml     BIGINT     NOT NULL,
  rounding_ml    BIGINT     NOT NULL,
  sales          BIGINT     NOT NULL,
  open_sale      BINARY(16) NULL,
  PRIMARY KEY (station, nozzle),
  CONSTRAINT nozzle_chain_ends CHECK ((first_ml IS NULL) = (last_ml IS NULL)),
  CONSTRAINT nozzle_chain_exact CHECK (last_ml - first_ml = booked_ml + quarantined_ml + missing_ml + rounding_ml)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
