-- +goose Up
-- Every member's own key, wrapped by the data key it names. To delete the row is
-- to destroy everything sealed with that key, wherever it lies. No foreign key:
-- the key comes before its member, whose row holds what it sealed.
CREATE TABLE member_key (
  member     BINARY(16)    NOT NULL,
  version    INT UNSIGNED  NOT NULL,
  data_key   INT UNSIGNED  NOT NULL,
  wrapped    VARBINARY(96) NOT NULL,
  created_at DATETIME(3)   NOT NULL,
  PRIMARY KEY (member),
  KEY member_key_data (data_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
