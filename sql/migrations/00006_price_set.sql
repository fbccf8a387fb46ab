-- +goose Up
-- One version of a station's prices. Never changed: new prices are a new set.
-- made_by is the staff number, empty for the set a station begins with.
CREATE TABLE price_set (
  id       BINARY(16)  NOT NULL,
  station  BINARY(16)  NOT NULL,
  made_at  DATETIME(3) NOT NULL,
  made_by  VARCHAR(20) NOT NULL,
  PRIMARY KEY (id),
  KEY price_set_station (station, made_at),
  CONSTRAINT price_set_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
