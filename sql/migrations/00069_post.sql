-- +goose Up
-- Which nozzles an attendant is responsible for (岗位): one row a person while
-- they have a post. nozzles holds the numbers, ascending, joined by commas; who
-- has which is asked of all rows of a station at once. assigned_by is a staff
-- number.
CREATE TABLE post (
  staff       BINARY(16)    NOT NULL,
  station     BINARY(16)    NOT NULL,
  nozzles     VARCHAR(2600) NOT NULL,
  assigned_by VARCHAR(20)   NOT NULL,
  since       DATETIME(3)   NOT NULL,
  until       DATETIME(3)   NOT NULL,
  PRIMARY KEY (staff),
  KEY post_station (station),
  CONSTRAINT post_staff FOREIGN KEY (staff) REFERENCES staff (id),
  CONSTRAINT post_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
