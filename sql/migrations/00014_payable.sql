-- +goose Up
-- What is owed for one sale: one payable a sale, opened by the first try to
-- pay it.
CREATE TABLE payable (
  id         BINARY(16)  NOT NULL,
  sale       BINARY(16)  NOT NULL,
  amount_fen BIGINT      NOT NULL,
  state      VARCHAR(8)  NOT NULL,
  opened_at  DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payable_sale (sale),
  CONSTRAINT payable_of_sale FOREIGN KEY (sale) REFERENCES sale (id),
  CONSTRAINT payable_amount CHECK (amount_fen > 0),
  CONSTRAINT payable_state CHECK (state IN ('open', 'paid'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
