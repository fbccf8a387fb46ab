-- +goose Up
-- What a vehicle's tank holds, if its member said so: from a small car to a
-- lorry with two tanks.
ALTER TABLE vehicle
  ADD COLUMN tank_ml BIGINT NULL AFTER model,
  ADD CONSTRAINT vehicle_tank CHECK (tank_ml IS NULL OR tank_ml BETWEEN 20000 AND 1500000);
