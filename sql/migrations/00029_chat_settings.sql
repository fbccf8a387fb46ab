-- +goose Up
-- How a station's support works: settings is the JSON of all of it, read and
-- written as one. A station without a row has the defaults.
CREATE TABLE chat_settings (
  station    BINARY(16)  NOT NULL,
  settings   MEDIUMTEXT  NOT NULL,
  changed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (station),
  CONSTRAINT chat_settings_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
