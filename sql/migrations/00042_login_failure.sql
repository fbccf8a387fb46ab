-- +goose Up
-- Failed logins in a row, counted for a staff number (known or not) and for a
-- device alike. scope is "number/STATION/NUMBER" or "device/DEVICE".
CREATE TABLE login_failure (
  scope         VARCHAR(80)  NOT NULL,
  failures      INT          NOT NULL,
  last_at       DATETIME(3)  NOT NULL,
  blocked_until DATETIME(3)  NOT NULL,
  PRIMARY KEY (scope),
  KEY login_failure_last (last_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
