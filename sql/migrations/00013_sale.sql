-- +goose Up
-- One delivery. volume_ml, amount_fen and price_fen_per_l are the dispenser's
-- own figures and stay as they came; booked_ml and booked_fen are what is
-- charged. counted_ml is what the nozzle's chain moved for it and bucket where
-- that stands in the proof; it is 'none' until the figures have been judged. device_key is the protocol's own identity of the sale: the same
-- delivery told twice under two ids is refused here.
-- No foreign keys: what a device says is stored whatever it names.
CREATE TABLE sale (
  id              BINARY(16)   NOT NULL,
  station         BINARY(16)   NOT NULL,
  day             DATE         NOT NULL,
  ordinal         INT          NOT NULL,
  nozzle          INT          NOT NULL,
  grade           VARCHAR(10)  NOT NULL,
  tank            INT          NOT NULL,
  state           VARCHAR(12)  NOT NULL,
  reasons         VARCHAR(80)  NOT NULL,
  volume_ml       BIGINT       NOT NULL,
  amount_fen      BIGINT       NOT NULL,
  price_fen_per_l BIGINT       NOT NULL,
  price_set       BINARY(16)   NULL,
  before_ml       BIGINT       NOT NULL,
  after_ml        BIGINT       NOT NULL,
  counted_ml      BIGINT       NOT NULL,
  booked_ml       BIGINT       NOT NULL,
  booked_fen      BIGINT       NOT NULL,
  bucket          VARCHAR(12)  NOT NULL,
  started_at      DATETIME(3)  NOT NULL,
  ended_at        DATETIME(3)  NULL,
  auth_id         BINARY(16)   NULL,
  device_key      VARCHAR(120) NULL,
  backfilled      TINYINT      NOT NULL,
  note            VARCHAR(400) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY sale_number (station, day, ordinal),
  UNIQUE KEY sale_device_key (station, device_key),
  KEY sale_state (station, state, id),
  CONSTRAINT sale_states CHECK (state IN
    ('open', 'unpaid', 'paid', 'quarantined', 'missing', 'test', 'drive_off', 'void')),
  CONSTRAINT sale_buckets CHECK (bucket IN ('none', 'booked', 'quarantined', 'missing')),
  CONSTRAINT sale_booked CHECK (booked_ml >= 0 AND booked_fen >= 0
    AND (bucket = 'booked' OR (booked_ml = 0 AND booked_fen = 0))),
  CONSTRAINT sale_charged CHECK (state NOT IN ('unpaid', 'paid', 'test', 'drive_off')
    OR (bucket = 'booked' AND booked_fen > 0)),
  CONSTRAINT sale_counted CHECK (bucket <> 'none' OR counted_ml = 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
