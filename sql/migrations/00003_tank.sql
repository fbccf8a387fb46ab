-- +goose Up
-- A tank and what is in it.
CREATE TABLE tank (
  station     BINARY(16)  NOT NULL,
  number      INT         NOT NULL,
  grade       VARCHAR(10) NOT NULL,
  capacity_ml BIGINT      NOT NULL,
  PRIMARY KEY (station, number),
  CONSTRAINT tank_grade FOREIGN KEY (station, grade) REFERENCES grade (station, code),
  CONSTRAINT tank_capacity CHECK (capacity_ml > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
