-- +goose Up
-- Members' open sessions. token_hash is the SHA-256 of 32 random bytes.
CREATE TABLE member_session (
  token_hash BINARY(32)  NOT NULL,
  member     BINARY(16)  NOT NULL,
  created_at DATETIME(3) NOT NULL,
  seen_at    DATETIME(3) NOT NULL,
  PRIMARY KEY (token_hash),
  KEY member_session_member (member, seen_at),
  KEY member_session_seen (seen_at),
  CONSTRAINT member_session_member FOREIGN KEY (member) REFERENCES member (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
