-- +goose Up
-- What a member may also give, and what is left of one who was erased. All of
-- it is sealed under the member's own key; *_index are keyed hashes by which a
-- value is found again. An erased member has a number, and nothing else.
-- seen_at is when they last signed in or were at a pump: who stays away for
-- long enough is erased.
ALTER TABLE member
  MODIFY phone       VARBINARY(64) NULL,
  MODIFY phone_index BINARY(16)    NULL,
  ADD COLUMN id_number       VARBINARY(80) NULL AFTER phone_index,
  ADD COLUMN id_number_index BINARY(16)    NULL AFTER id_number,
  ADD COLUMN seen_at         DATETIME(3)   NOT NULL DEFAULT '2000-01-01 00:00:00',
  ADD COLUMN erased_at       DATETIME(3)   NULL,
  ADD UNIQUE KEY member_id_number (id_number_index),
  ADD KEY member_seen (seen_at),
  ADD KEY member_erased (erased_at),
  ADD CONSTRAINT member_known CHECK (erased_at IS NOT NULL OR (phone IS NOT NULL AND phone_index IS NOT NULL)),
  ADD CONSTRAINT member_gone CHECK (erased_at IS NULL OR
    (name IS NULL AND phone IS NULL AND phone_index IS NULL AND id_number IS NULL AND id_number_index IS NULL)),
  ADD CONSTRAINT member_id_numbers CHECK ((id_number IS NULL) = (id_number_index IS NULL));
UPDATE member m SET m.seen_at = GREATEST(m.created_at,
  COALESCE((SELECT MAX(s.seen_at) FROM member_session s WHERE s.member = m.id), m.created_at));
