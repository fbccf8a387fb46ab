-- +goose Up
-- What members are told outside the app (通知). title and text are sealed. A
-- notice is due from next_at on until it is sent, shown in the app, withdrawn
-- or given up.
CREATE TABLE notice (
  id         BINARY(16)      NOT NULL,
  member     BINARY(16)      NOT NULL,
  kind       VARCHAR(32)     NOT NULL,
  thread     BINARY(16)      NULL,
  title      VARBINARY(400)  NOT NULL,
  text       VARBINARY(2000) NOT NULL,
  state      VARCHAR(10)     NOT NULL,
  waiting    BINARY(16)      NULL,
  tries      INT             NOT NULL,
  next_at    DATETIME(3)     NOT NULL,
  created_at DATETIME(3)     NOT NULL,
  done_at    DATETIME(3)     NULL,
  PRIMARY KEY (id),
  UNIQUE KEY notice_waiting (waiting),
  KEY notice_due (state, next_at),
  KEY notice_member (member, thread, state),
  CONSTRAINT notice_member FOREIGN KEY (member) REFERENCES member (id),
  CONSTRAINT notice_state CHECK (state IN ('due', 'sent', 'shown', 'withdrawn', 'given_up')),
  CONSTRAINT notice_waits CHECK ((state = 'due') = (waiting IS NOT NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
