-- +goose Up
-- subject is the member whose conversation an upload belongs to, whoever sent
-- it; null for a picture of a station's tutorials. content_key is the key that
-- its objects are sealed with, itself sealed with the subject's key, or with
-- the house's for a tutorial; null for objects that the house's key sealed
-- directly, before they had keys of their own.
ALTER TABLE media
  ADD COLUMN subject BINARY(16) NULL,
  ADD COLUMN content_key VARBINARY(100) NULL,
  ADD KEY media_subject (subject);
