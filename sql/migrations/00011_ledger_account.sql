-- +goose Up
-- An account of the ledger: what was ever debited and ever credited, kept
-- apart, and what is reserved by pending transfers. guard names the side that
-- the other may not exceed, reservations included.
CREATE TABLE ledger_account (
  id                 BINARY(16)  NOT NULL,
  station            BINARY(16)  NOT NULL,
  code               VARCHAR(40) NOT NULL,
  guard              VARCHAR(6)  NOT NULL,
  debit_fen          BIGINT      NOT NULL,
  credit_fen         BIGINT      NOT NULL,
  debit_pending_fen  BIGINT      NOT NULL,
  credit_pending_fen BIGINT      NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY ledger_account_code (station, code),
  CONSTRAINT ledger_account_totals CHECK (debit_fen >= 0 AND credit_fen >= 0
    AND debit_pending_fen >= 0 AND credit_pending_fen >= 0),
  CONSTRAINT ledger_account_guard CHECK (guard = 'none'
    OR (guard = 'debit' AND debit_fen >= credit_fen + credit_pending_fen)
    OR (guard = 'credit' AND credit_fen >= debit_fen + debit_pending_fen))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
