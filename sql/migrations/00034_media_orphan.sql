-- +goose Up
-- Objects of the object store that no row of media holds: written before the
-- first byte of an object is stored and removed by the transaction that adds
-- its row, written again by the one that removes its row. So whatever a crash
-- leaves behind is known and swept away.
CREATE TABLE media_orphan (
  object_key VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at         DATETIME(3) NOT NULL,
  PRIMARY KEY (object_key),
  KEY media_orphan_age (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
