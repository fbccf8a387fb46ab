-- +goose Up
-- An uploaded picture or recording. The content is a sealed object in the
-- object store under object_key, a picture's thumbnail under the same key with
-- ".thumb". thread is null for a picture of a station's tutorials; member or
-- staff is who uploaded it. used_at is when a message or a tutorial took it;
-- what nobody takes is swept away.
-- No foreign keys: like a sale it is stored whatever becomes of those it names.
CREATE TABLE media (
  id          BINARY(16)  NOT NULL,
  station     BINARY(16)  NOT NULL,
  thread      BINARY(16)  NULL,
  member      BINARY(16)  NULL,
  staff       BINARY(16)  NULL,
  kind        VARCHAR(10) NOT NULL,
  type        VARCHAR(20) NOT NULL,
  bytes       INT         NOT NULL,
  width       INT         NOT NULL,
  height      INT         NOT NULL,
  duration_ms INT         NOT NULL,
  object_key  VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at          DATETIME(3) NOT NULL,
  used_at     DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY media_thread (thread),
  KEY media_unused (used_at, at),
  CONSTRAINT media_kind CHECK (kind IN ('picture', 'voice')),
  CONSTRAINT media_size CHECK (bytes > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
