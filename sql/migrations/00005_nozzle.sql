-- +goose Up
-- A nozzle, and what the station asks of it. auth_* is the one permission to
-- dispense that waits to be spent; all of it is null when there is none.
CREATE TABLE nozzle (
  station         BINARY(16)  NOT NULL,
  number          INT         NOT NULL,
  dispenser       INT         NOT NULL,
  tank            INT         NOT NULL,
  mode            VARCHAR(12) NOT NULL,
  hold            VARCHAR(8)  NOT NULL,
  auth_id         BINARY(16)  NULL,
  auth_preset     VARCHAR(8)  NULL,
  auth_money_fen  BIGINT      NULL,
  auth_volume_ml  BIGINT      NULL,
  auth_expires_at DATETIME(3) NULL,
  PRIMARY KEY (station, number),
  CONSTRAINT nozzle_dispenser FOREIGN KEY (station, dispenser) REFERENCES dispenser (station, number),
  CONSTRAINT nozzle_tank FOREIGN KEY (station, tank) REFERENCES tank (station, number),
  CONSTRAINT nozzle_number CHECK (number BETWEEN 1 AND 9999),
  CONSTRAINT nozzle_mode CHECK (mode IN ('attended', 'controlled', 'closed')),
  CONSTRAINT nozzle_hold CHECK (hold IN ('none', 'pause', 'stop')),
  CONSTRAINT nozzle_auth CHECK ((auth_id IS NULL) = (auth_expires_at IS NULL)
    AND (auth_id IS NULL) = (auth_preset IS NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
