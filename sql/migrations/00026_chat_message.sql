-- +goose Up
-- One message. It never changes. id was made by its sender: its unique key is
-- why a message that is sent again is not said twice. n is dense in a thread.
-- body is sealed: what was said, with its pictures and recordings. media and
-- canned are what it was made of.
CREATE TABLE chat_message (
  thread       BINARY(16)  NOT NULL,
  n            BIGINT      NOT NULL,
  id           BINARY(16)  NOT NULL,
  party        VARCHAR(8)  NOT NULL,
  staff        BINARY(16)  NULL,
  agent        VARCHAR(40) NOT NULL,
  kind         VARCHAR(10) NOT NULL,
  event        VARCHAR(16) NOT NULL,
  wait_seconds INT         NOT NULL,
  media        BINARY(16)  NULL,
  canned       BINARY(16)  NULL,
  body         MEDIUMBLOB  NULL,
  at           DATETIME(3) NOT NULL,
  PRIMARY KEY (thread, n),
  UNIQUE KEY chat_message_id (id),
  CONSTRAINT chat_message_of FOREIGN KEY (thread) REFERENCES chat_thread (id),
  CONSTRAINT chat_message_n CHECK (n > 0),
  CONSTRAINT chat_message_party CHECK (party IN ('driver', 'agent', 'system')),
  CONSTRAINT chat_message_kind CHECK (kind IN ('text', 'picture', 'voice', 'tutorial', 'event')),
  CONSTRAINT chat_message_system CHECK ((party = 'system') = (kind = 'event') AND (kind = 'event') = (event <> '')),
  CONSTRAINT chat_message_agent CHECK (party <> 'agent' OR staff IS NOT NULL)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
