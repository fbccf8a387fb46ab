-- +goose Up
-- How often a member's fuelling ended within an hour of a weekday, by the clock
-- of the station it was at; weekday 0 is Sunday. The row of member_habit is
-- locked first.
CREATE TABLE member_habit_time (
  member  BINARY(16) NOT NULL,
  weekday TINYINT    NOT NULL,
  hour    TINYINT    NOT NULL,
  refuels BIGINT     NOT NULL,
  PRIMARY KEY (member, weekday, hour),
  CONSTRAINT member_habit_time_of CHECK (weekday BETWEEN 0 AND 6 AND hour BETWEEN 0 AND 23),
  CONSTRAINT member_habit_time_count CHECK (refuels > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
