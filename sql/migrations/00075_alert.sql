-- +goose Up
-- Unusual acts. subject is whom or what the rule counts by; count and last_at
-- move while it goes on, upto is the number of the last row of the log counted.
CREATE TABLE alert (
  id        BINARY(16)   NOT NULL,
  station   BINARY(16)   NOT NULL,
  rule      VARCHAR(20)  NOT NULL,
  subject   VARCHAR(64)  NOT NULL,
  staff     BINARY(16)   NULL,
  object    VARCHAR(24)  NOT NULL,
  object_id VARCHAR(64)  NOT NULL,
  count     INT          NOT NULL,
  upto      BIGINT       NOT NULL,
  note      VARCHAR(400) NOT NULL,
  at        DATETIME(3)  NOT NULL,
  last_at   DATETIME(3)  NOT NULL,
  seen_by   BINARY(16)   NULL,
  seen_at   DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY alert_station (station, id),
  KEY alert_open (station, seen_at, id),
  KEY alert_subject (station, rule, subject, id),
  CONSTRAINT alert_counted CHECK (count > 0),
  CONSTRAINT alert_seen CHECK ((seen_by IS NULL) = (seen_at IS NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
