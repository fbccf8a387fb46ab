-- +goose Up
-- Managers of groups; names sealed, bound to their row (a name that does not
-- begin with the byte 1 was entered before and is sealed when the hub next
-- starts); the second factor. totp is its sealed secret, which counts from
-- totp_at on; totp_step is the last 30-second step a code was taken of, so that
-- none is taken twice. must_change is 1 while somebody else knows the password.
ALTER TABLE staff
  DROP CONSTRAINT staff_role,
  ADD CONSTRAINT staff_role CHECK (role IN ('head', 'group', 'cashier', 'attendant', 'agent')),
  MODIFY name VARBINARY(400) NOT NULL,
  ADD totp VARBINARY(200) NULL,
  ADD totp_at DATETIME(3) NULL,
  ADD totp_step BIGINT NOT NULL DEFAULT 0,
  ADD must_change TINYINT NOT NULL DEFAULT 0,
  ADD seen_at DATETIME(3) NULL;
