-- +goose Up
-- A machine on the forecourt.
CREATE TABLE dispenser (
  station BINARY(16)  NOT NULL,
  number  INT         NOT NULL,
  name    VARCHAR(40) NOT NULL,
  PRIMARY KEY (station, number),
  CONSTRAINT dispenser_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
