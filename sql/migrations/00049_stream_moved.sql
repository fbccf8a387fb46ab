-- +goose Up
-- When a channel last moved. There is a channel for every conversation there
-- ever was, and looking for unpublished events must not read them all.
ALTER TABLE stream
  ADD COLUMN moved_at DATETIME(3) NOT NULL DEFAULT '2000-01-01 00:00:00',
  ADD KEY stream_moved (moved_at);
