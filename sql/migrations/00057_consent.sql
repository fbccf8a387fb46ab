-- +goose Up
-- What each member agreed to (同意): the last word on every purpose. No row
-- means no.
CREATE TABLE consent (
  member  BINARY(16)  NOT NULL,
  purpose VARCHAR(24) NOT NULL,
  version INT         NOT NULL,
  given   TINYINT     NOT NULL,
  at      DATETIME(3) NOT NULL,
  PRIMARY KEY (member, purpose),
  KEY consent_purpose (purpose, given, member),
  CONSTRAINT consent_member FOREIGN KEY (member) REFERENCES member (id),
  CONSTRAINT consent_version CHECK (version > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
