-- +goose Up
-- Members' vehicles. Several members may have the same plate: a family's car.
CREATE TABLE vehicle (
  id          BINARY(16)     NOT NULL,
  member      BINARY(16)     NOT NULL,
  plate       VARBINARY(64)  NOT NULL,
  plate_index BINARY(16)     NOT NULL,
  kind        VARCHAR(12)    NOT NULL,
  model       VARBINARY(320) NULL,
  created_at  DATETIME(3)    NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY vehicle_once (member, plate_index),
  KEY vehicle_plate (plate_index),
  CONSTRAINT vehicle_member FOREIGN KEY (member) REFERENCES member (id),
  CONSTRAINT vehicle_kind CHECK (kind IN ('fuel', 'new_energy'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
