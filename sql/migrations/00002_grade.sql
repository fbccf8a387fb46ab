-- +goose Up
-- What a station sells. place is the order on the price board.
CREATE TABLE grade (
  station BINARY(16)  NOT NULL,
  code    VARCHAR(10) NOT NULL,
  name    VARCHAR(40) NOT NULL,
  place   INT         NOT NULL,
  PRIMARY KEY (station, code),
  CONSTRAINT grade_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
