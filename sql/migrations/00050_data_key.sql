-- +goose Up
-- The keys that seal fields and wrap members' keys (purpose seal), and the one
-- that indexes are made with (purpose index), each wrapped by the master key,
-- which is never in the database; kek is that key's fingerprint. One seal key is
-- active; one that only opens has swept_at once everything that can be sealed
-- anew has been. A retired key is kept: an old backup may still need it. adopted
-- ones were used before keys were wrapped, also for objects in the object store.
CREATE TABLE data_key (
  purpose    VARCHAR(8)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id         INT UNSIGNED  NOT NULL,
  state      VARCHAR(8)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kek        CHAR(8)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  wrapped    VARBINARY(96) NOT NULL,
  adopted    TINYINT       NOT NULL,
  created_at DATETIME(3)   NOT NULL,
  swept_at   DATETIME(3)   NULL,
  PRIMARY KEY (purpose, id),
  CONSTRAINT data_key_purpose CHECK (purpose IN ('seal', 'index')),
  CONSTRAINT data_key_state CHECK (state IN ('active', 'opening', 'retired'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
