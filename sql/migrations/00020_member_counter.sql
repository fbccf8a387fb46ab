-- +goose Up
-- The last member number given, in the one row with id 1: members are numbered
-- without a hole.
CREATE TABLE member_counter (
  id   INT    NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT member_counter_one CHECK (id = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
