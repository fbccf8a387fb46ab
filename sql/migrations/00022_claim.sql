-- +goose Up
-- A member's word that they stand at a nozzle: the next delivery there is
-- theirs. There is one a nozzle and one a member; a spent one is deleted.
CREATE TABLE claim (
  id      BINARY(16)  NOT NULL,
  station BINARY(16)  NOT NULL,
  nozzle  INT         NOT NULL,
  member  BINARY(16)  NOT NULL,
  at      DATETIME(3) NOT NULL,
  until   DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY claim_nozzle (station, nozzle),
  UNIQUE KEY claim_member (member),
  KEY claim_until (until),
  CONSTRAINT claim_times CHECK (until > at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
