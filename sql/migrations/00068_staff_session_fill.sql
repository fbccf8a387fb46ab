-- +goose Up
UPDATE staff_session o JOIN staff p ON p.id = o.staff
SET o.id = UNHEX(MD5(o.token_hash)), o.station = p.station
WHERE o.id IS NULL;
