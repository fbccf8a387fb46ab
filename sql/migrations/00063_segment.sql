-- +goose Up
-- Members chosen by a rule (会员分组). rule_json is the rule; whom it chooses is
-- found anew each time, members is how many that were at counted_at.
CREATE TABLE segment (
  id         BINARY(16)  NOT NULL,
  station    BINARY(16)  NOT NULL,
  name       VARCHAR(60) NOT NULL,
  rule_json  MEDIUMTEXT  NOT NULL,
  members    INT         NOT NULL,
  counted_at DATETIME(3) NOT NULL,
  made_by    VARCHAR(20) NOT NULL,
  changed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY segment_name (station, name),
  CONSTRAINT segment_station FOREIGN KEY (station) REFERENCES station (id),
  CONSTRAINT segment_members CHECK (members >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
