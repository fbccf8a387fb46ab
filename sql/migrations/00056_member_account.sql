-- +goose Up
-- Accounts that members pay from, kept with their consent only. account is
-- sealed under the member's own key.
CREATE TABLE member_account (
  id            BINARY(16)     NOT NULL,
  member        BINARY(16)     NOT NULL,
  kind          VARCHAR(10)    NOT NULL,
  account       VARBINARY(320) NOT NULL,
  account_index BINARY(16)     NOT NULL,
  created_at    DATETIME(3)    NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY member_account_once (member, account_index),
  KEY member_account_index (account_index),
  CONSTRAINT member_account_member FOREIGN KEY (member) REFERENCES member (id),
  CONSTRAINT member_account_kind CHECK (kind IN ('wechat', 'alipay', 'bank'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
