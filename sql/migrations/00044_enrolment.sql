-- +goose Up
-- One-time enrolment codes. The first part of a code finds the row, the hash
-- is that of the whole code; attempts are counted so that it cannot be guessed.
CREATE TABLE enrolment (
  handle     CHAR(4)     NOT NULL,
  code_hash  BINARY(32)  NOT NULL,
  station    BINARY(16)  NOT NULL,
  kind       VARCHAR(16) NOT NULL,
  attempts   INT         NOT NULL DEFAULT 0,
  expires_at DATETIME(3) NOT NULL,
  PRIMARY KEY (handle),
  KEY enrolment_expiry (expires_at),
  CONSTRAINT enrolment_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
