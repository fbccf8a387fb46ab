-- +goose Up
-- One movement of money, never changed and never removed: a correction is a
-- further transfer. resolves is the pending transfer that this one posts,
-- voids or expires; it can be resolved once.
CREATE TABLE ledger_transfer (
  id         BINARY(16)  NOT NULL,
  kind       VARCHAR(8)  NOT NULL,
  debit      BINARY(16)  NOT NULL,
  credit     BINARY(16)  NOT NULL,
  amount_fen BIGINT      NOT NULL,
  resolves   BINARY(16)  NULL,
  expires_at DATETIME(3) NULL,
  purpose    VARCHAR(20) NOT NULL,
  sale       BINARY(16)  NULL,
  at         DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY ledger_transfer_resolves (resolves),
  KEY ledger_transfer_sale (sale),
  CONSTRAINT ledger_transfer_debit FOREIGN KEY (debit) REFERENCES ledger_account (id),
  CONSTRAINT ledger_transfer_credit FOREIGN KEY (credit) REFERENCES ledger_account (id),
  CONSTRAINT ledger_transfer_kind CHECK (kind IN ('move', 'pending', 'post', 'void', 'expire')),
  CONSTRAINT ledger_transfer_two CHECK (debit <> credit),
  CONSTRAINT ledger_transfer_amount CHECK (amount_fen > 0),
  CONSTRAINT ledger_transfer_resolution CHECK ((resolves IS NOT NULL) = (kind IN ('post', 'void', 'expire')))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
