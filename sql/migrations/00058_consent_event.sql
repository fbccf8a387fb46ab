-- +goose Up
-- Every word on a purpose there ever was, so that it can be shown when and to
-- which text somebody agreed. Rows are only added, and go when their member is
-- erased.
CREATE TABLE consent_event (
  id      BINARY(16)  NOT NULL,
  member  BINARY(16)  NOT NULL,
  purpose VARCHAR(24) NOT NULL,
  version INT         NOT NULL,
  given   TINYINT     NOT NULL,
  at      DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY consent_event_member (member, at),
  CONSTRAINT consent_event_member FOREIGN KEY (member) REFERENCES member (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
