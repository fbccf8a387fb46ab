-- +goose Up
-- Who answers at a station: whether they take conversations, how many they
-- have in hand, and when they were last given one. Whoever gives or takes away
-- a conversation holds all rows of the station, in the order of staff.
CREATE TABLE chat_duty (
  station  BINARY(16)  NOT NULL,
  staff    BINARY(16)  NOT NULL,
  on_duty  TINYINT     NOT NULL,
  active   INT         NOT NULL,
  given_at DATETIME(3) NULL,
  PRIMARY KEY (station, staff),
  CONSTRAINT chat_duty_station FOREIGN KEY (station) REFERENCES station (id),
  CONSTRAINT chat_duty_active CHECK (active >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
