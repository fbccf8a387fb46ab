-- +goose Up
-- How often a member fuelled each grade, and when last. The row of member_habit
-- is locked first.
CREATE TABLE member_habit_grade (
  member  BINARY(16)  NOT NULL,
  grade   VARCHAR(10) NOT NULL,
  refuels BIGINT      NOT NULL,
  last_at DATETIME(3) NOT NULL,
  PRIMARY KEY (member, grade),
  CONSTRAINT member_habit_grade_count CHECK (refuels > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
