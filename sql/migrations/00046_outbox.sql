-- +goose Up
-- The events of every lossless channel, written by the transaction that made
-- them true, kept for a while so that a screen can catch up.
CREATE TABLE outbox (
  channel VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq     BIGINT      NOT NULL,
  kind    VARCHAR(32) NOT NULL,
  body    MEDIUMTEXT  NOT NULL,
  at      DATETIME(3) NOT NULL,
  PRIMARY KEY (channel, seq),
  KEY outbox_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
