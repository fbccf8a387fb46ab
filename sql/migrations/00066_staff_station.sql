-- +goose Up
-- The further stations of a group's manager, beside the one in staff.
CREATE TABLE staff_station (
  staff   BINARY(16) NOT NULL,
  station BINARY(16) NOT NULL,
  PRIMARY KEY (staff, station),
  KEY staff_station_station (station),
  CONSTRAINT staff_station_staff FOREIGN KEY (staff) REFERENCES staff (id),
  CONSTRAINT staff_station_of FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
