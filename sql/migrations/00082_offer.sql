-- +goose Up
-- What a station tells every driver (优惠). until_at is what was meant when it was
-- made; ended_at is when somebody ended it before.
CREATE TABLE offer (
  id       BINARY(16)   NOT NULL,
  station  BINARY(16)   NOT NULL,
  kind     VARCHAR(16)  NOT NULL,
  title    VARCHAR(40)  NOT NULL,
  text     VARCHAR(400) NOT NULL,
  from_at  DATETIME(3)  NOT NULL,
  until_at DATETIME(3)  NOT NULL,
  made_at  DATETIME(3)  NOT NULL,
  made_by  VARCHAR(20)  NOT NULL,
  ended_at DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY offer_station (station, until_at, from_at),
  CONSTRAINT offer_of_station FOREIGN KEY (station) REFERENCES station (id),
  CONSTRAINT offer_times CHECK (from_at < until_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
