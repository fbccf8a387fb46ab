-- +goose Up
-- What happened to the keys, and when last: 'sheet' when the recovery sheet was
-- printed, 'own' when every field of a member was found sealed with the member's
-- own key.
CREATE TABLE key_mark (
  mark VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at   DATETIME(3) NOT NULL,
  PRIMARY KEY (mark)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
