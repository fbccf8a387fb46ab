-- +goose Up
-- A reply kept ready: parts is a JSON list of paragraphs and pictures. Replies
-- are listed by place.
CREATE TABLE chat_canned (
  id         BINARY(16)   NOT NULL,
  station    BINARY(16)   NOT NULL,
  place      INT          NOT NULL,
  title      VARCHAR(120) NOT NULL,
  code       VARCHAR(20)  NOT NULL,
  parts      MEDIUMTEXT   NOT NULL,
  changed_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY chat_canned_place (station, place),
  CONSTRAINT chat_canned_station FOREIGN KEY (station) REFERENCES station (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
