-- +goose Up
-- How a member fuels (消费习惯): sums over their paid sales, kept by the
-- transaction that settles each. Figures under the member's id and nothing
-- else; who that is is sealed elsewhere. No foreign key, so that taking money
-- waits for nobody.
CREATE TABLE member_habit (
  member    BINARY(16)  NOT NULL,
  refuels   BIGINT      NOT NULL,
  spent_fen BIGINT      NOT NULL,
  volume_ml BIGINT      NOT NULL,
  first_at  DATETIME(3) NOT NULL,
  last_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (member),
  CONSTRAINT member_habit_sums CHECK (refuels >= 0 AND spent_fen >= 0 AND volume_ml >= 0),
  CONSTRAINT member_habit_order CHECK (first_at <= last_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
