-- +goose Up
-- Whose delivery it is, if somebody said so at the nozzle. Without a foreign
-- key, so that taking a fact waits for nobody.
ALTER TABLE sale ADD COLUMN member BINARY(16) NULL AFTER note, ADD KEY sale_member (member, id);
