-- +goose Up
-- Who a member is to WeChat: one identity a member, one member an identity.
-- openid is sealed under the member's own key; openid_index is the keyed hash by
-- which the member is found again.
CREATE TABLE member_wechat (
  member       BINARY(16)     NOT NULL,
  openid       VARBINARY(128) NOT NULL,
  openid_index BINARY(16)     NOT NULL,
  bound_at     DATETIME(3)    NOT NULL,
  PRIMARY KEY (member),
  UNIQUE KEY member_wechat_openid (openid_index),
  CONSTRAINT member_wechat_member FOREIGN KEY (member) REFERENCES member (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
