-- +goose Up
-- What a driver thought of a conversation, once for each time it was closed.
-- agent is who had it then. note is sealed.
CREATE TABLE chat_rating (
  thread  BINARY(16)      NOT NULL,
  closing INT             NOT NULL,
  agent   BINARY(16)      NULL,
  stars   TINYINT         NOT NULL,
  note    VARBINARY(1000) NULL,
  at      DATETIME(3)     NOT NULL,
  PRIMARY KEY (thread, closing),
  CONSTRAINT chat_rating_of FOREIGN KEY (thread) REFERENCES chat_thread (id),
  CONSTRAINT chat_rating_stars CHECK (stars BETWEEN 1 AND 5),
  CONSTRAINT chat_rating_closing CHECK (closing > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
