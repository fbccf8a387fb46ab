-- +goose Up
-- A session's id, for lists: it opens nothing. station is that of the till,
-- which is not everybody's own. Both are always there; the next file fills them
-- for the sessions open now.
ALTER TABLE staff_session
  ADD id BINARY(16) NULL,
  ADD station BINARY(16) NULL,
  ADD UNIQUE KEY staff_session_id (id),
  ADD KEY staff_session_station (station);
