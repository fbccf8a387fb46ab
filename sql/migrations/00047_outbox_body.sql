-- +goose Up
-- The bodies of personal channels are sealed, and so bytes. The first byte
-- tells: 0x01 is sealed, anything else is JSON.
ALTER TABLE outbox MODIFY body MEDIUMBLOB NOT NULL;
