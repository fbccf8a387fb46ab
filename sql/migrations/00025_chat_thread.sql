-- +goose Up
-- One conversation between a member and a station's support. held_by is the
-- member while it is open, null once closed; its unique key is why a member
-- has one open conversation with a station at most. last numbers the messages,
-- spoken is the last that a person said, told the one that the member was sent
-- a notice of. note is sealed.
CREATE TABLE chat_thread (
  id            BINARY(16)     NOT NULL,
  station       BINARY(16)     NOT NULL,
  member        BINARY(16)     NOT NULL,
  state         VARCHAR(8)     NOT NULL,
  held_by       BINARY(16)     NULL,
  agent         BINARY(16)     NULL,
  agent_number  VARCHAR(20)    NOT NULL,
  left_by       BINARY(16)     NULL,
  opened_at     DATETIME(3)    NOT NULL,
  waiting_since DATETIME(3)    NULL,
  taken_at      DATETIME(3)    NULL,
  closed_at     DATETIME(3)    NULL,
  closings      INT            NOT NULL,
  last          BIGINT         NOT NULL,
  last_at       DATETIME(3)    NULL,
  spoken        BIGINT         NOT NULL,
  driver_read   BIGINT         NOT NULL,
  agent_read    BIGINT         NOT NULL,
  driver_unread INT            NOT NULL,
  agent_unread  INT            NOT NULL,
  told          BIGINT         NOT NULL,
  note          VARBINARY(1000) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY chat_thread_open (station, held_by),
  KEY chat_thread_member (member, id),
  KEY chat_thread_station (station, id),
  KEY chat_thread_waiting (station, state, waiting_since),
  KEY chat_thread_closed (station, state, closed_at),
  CONSTRAINT chat_thread_station FOREIGN KEY (station) REFERENCES station (id),
  CONSTRAINT chat_thread_state CHECK (state IN ('waiting', 'active', 'closed')),
  CONSTRAINT chat_thread_held CHECK ((state = 'closed') = (held_by IS NULL) AND (held_by IS NULL OR held_by = member)),
  CONSTRAINT chat_thread_agent CHECK (state <> 'active' OR agent IS NOT NULL),
  CONSTRAINT chat_thread_wait CHECK ((state = 'waiting') = (waiting_since IS NOT NULL)),
  CONSTRAINT chat_thread_read CHECK (driver_read <= last AND agent_read <= last AND spoken <= last AND told <= last)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
