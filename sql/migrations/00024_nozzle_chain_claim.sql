-- +goose Up
-- The claim that waits at a nozzle, so that whoever takes a delivery learns of
-- it from the row they hold anyway. A claim that waits is always named here;
-- what is named may be gone.
ALTER TABLE nozzle_chain ADD COLUMN claim BINARY(16) NULL AFTER open_sale;
