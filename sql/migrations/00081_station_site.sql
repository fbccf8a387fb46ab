-- +goose Up
-- Where a station is, for the drivers who look for it. The coordinates are
-- millionths of a degree in GCJ-02, as maps in China use them: both or none.
ALTER TABLE station
  ADD COLUMN city         VARCHAR(40)  NOT NULL DEFAULT '',
  ADD COLUMN address      VARCHAR(120) NOT NULL DEFAULT '',
  ADD COLUMN phone        VARCHAR(30)  NOT NULL DEFAULT '',
  ADD COLUMN latitude_e6  INT          NULL,
  ADD COLUMN longitude_e6 INT          NULL,
  ADD CONSTRAINT station_place CHECK ((latitude_e6 IS NULL) = (longitude_e6 IS NULL)),
  ADD CONSTRAINT station_latitude CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
  ADD CONSTRAINT station_longitude CHECK (longitude_e6 BETWEEN -180000000 AND 180000000);
