-- +goose Up
-- Whose conversation earlier uploads belong to.
UPDATE media SET subject = (SELECT t.member FROM chat_thread t WHERE t.id = media.thread) WHERE thread IS NOT NULL;
