-- +goose Up
-- What members noted beside their own fuellings (里程, 加满), one note a sale. at
-- is when the fuelling ended, which orders a vehicle's notes and never changes.
-- odometer_km is sealed under the member's own key, NULL if nobody looked. A
-- vehicle that its member drops leaves the note, without a vehicle.
CREATE TABLE sale_trip (
  sale        BINARY(16)    NOT NULL,
  member      BINARY(16)    NOT NULL,
  vehicle     BINARY(16)    NULL,
  odometer_km VARBINARY(64) NULL,
  full_tank   TINYINT       NOT NULL,
  at          DATETIME(3)   NOT NULL,
  PRIMARY KEY (sale),
  KEY sale_trip_member (member, at, sale),
  KEY sale_trip_vehicle (vehicle),
  CONSTRAINT sale_trip_sale FOREIGN KEY (sale) REFERENCES sale (id),
  CONSTRAINT sale_trip_member FOREIGN KEY (member) REFERENCES member (id),
  CONSTRAINT sale_trip_vehicle FOREIGN KEY (vehicle) REFERENCES vehicle (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
