-- +goose Up
-- One try to pay, under an id that the till made and saved first. won is the
-- payable once the try has succeeded, null otherwise; its unique key is why a
-- sale cannot be paid twice.
CREATE TABLE payment_attempt (
  id           BINARY(16)  NOT NULL,
  payable      BINARY(16)  NOT NULL,
  tender       VARCHAR(12) NOT NULL,
  state        VARCHAR(10) NOT NULL,
  amount_fen   BIGINT      NOT NULL,
  tendered_fen BIGINT      NOT NULL,
  change_fen   BIGINT      NOT NULL,
  staff        BINARY(16)  NOT NULL,
  staff_number VARCHAR(20) NOT NULL,
  at           DATETIME(3) NOT NULL,
  won          BINARY(16)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_attempt_won (won),
  KEY payment_attempt_payable (payable),
  CONSTRAINT payment_attempt_of FOREIGN KEY (payable) REFERENCES payable (id),
  CONSTRAINT payment_attempt_state CHECK (state IN ('pending', 'succeeded', 'failed', 'closed')),
  CONSTRAINT payment_attempt_winner CHECK ((state = 'succeeded') = (won IS NOT NULL) AND (won IS NULL OR won = payable)),
  CONSTRAINT payment_attempt_cash CHECK (amount_fen > 0 AND change_fen >= 0
    AND tendered_fen - change_fen = amount_fen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
