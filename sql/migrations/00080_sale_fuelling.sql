-- +goose Up
-- The paid sales of members in the order of time, with all that rules about
-- members look at: they are read out of the index and the sales are left alone.
ALTER TABLE sale ADD KEY sale_fuelling (state, ended_at, member, booked_fen, grade);
