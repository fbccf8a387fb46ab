-- +goose Up
-- The security log (操作日志). Rows are only added: the application's user may
-- neither change nor remove one. No foreign keys: a row outlives what it names,
-- and writing it waits for nobody. It holds ids, never what is personal.
CREATE TABLE audit (
  id        BINARY(16)   NOT NULL,
  at        DATETIME(3)  NOT NULL,
  station   BINARY(16)   NULL,
  staff     BINARY(16)   NULL,
  member    BINARY(16)   NULL,
  action    VARCHAR(40)  NOT NULL,
  object    VARCHAR(24)  NOT NULL,
  object_id VARCHAR(64)  NOT NULL,
  result    VARCHAR(80)  NOT NULL,
  note      VARCHAR(400) NOT NULL,
  PRIMARY KEY (id),
  KEY audit_at (at, id),
  KEY audit_station (station, at),
  KEY audit_staff (staff, at),
  KEY audit_member (member, at),
  KEY audit_object (object, object_id, at),
  KEY audit_action (action, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
