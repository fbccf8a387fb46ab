-- +goose Up
-- Who works at a station. password is a PHC string (argon2id with its
-- parameters); it is never read by anything but package staff.
CREATE TABLE staff (
  id         BINARY(16)   NOT NULL,
  station    BINARY(16)   NOT NULL,
  number     VARCHAR(20)  NOT NULL,
  name       VARCHAR(60)  NOT NULL,
  role       VARCHAR(16)  NOT NULL,
  password   VARCHAR(200) NOT NULL,
  active     TINYINT      NOT NULL DEFAULT 1,
  created_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY staff_number (station, number),
  CONSTRAINT staff_role CHECK (role IN ('head', 'cashier', 'attendant', 'agent')),
  CONSTRAINT staff_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
