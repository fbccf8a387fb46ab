-- +goose Up
-- Enrolled devices: pumpd and tills. token_hash is the SHA-256 of the token.
CREATE TABLE device (
  id         BINARY(16)  NOT NULL,
  station    BINARY(16)  NOT NULL,
  kind       VARCHAR(16) NOT NULL,
  name       VARCHAR(60) NOT NULL,
  token_hash BINARY(32)  NOT NULL,
  created_at DATETIME(3) NOT NULL,
  revoked_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY device_token (token_hash),
  KEY device_station (station),
  CONSTRAINT device_kind CHECK (kind IN ('pumpd', 'till')),
  CONSTRAINT device_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
