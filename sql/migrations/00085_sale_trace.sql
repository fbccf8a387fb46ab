-- +goose Up
-- How a delivery ran: what only the moment of its end knew, beside its sale.
-- previous_ml is where everything known of the nozzle ended until then. points
-- is the figures as they ran, packed (package evidence): at most 64 of them, in
-- under 900 bytes, none if nobody watched. Nothing of it is anybody's name.
CREATE TABLE sale_trace (
  sale        BINARY(16)     NOT NULL,
  previous_ml BIGINT         NULL,
  points      VARBINARY(900) NOT NULL,
  PRIMARY KEY (sale)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
