package house

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"forecourt/house/internal/process"
)

// TickEvery is about how far the commits of CommitTicks are apart.
const TickEvery = 10 * time.Millisecond

// ticking commits the time again and again, in a database of its own beside the
// hub's.
const ticking = `CREATE DATABASE IF NOT EXISTS smoke//
CREATE TABLE IF NOT EXISTS smoke.tick (n BIGINT AUTO_INCREMENT PRIMARY KEY, at DECIMAL(17,6) NOT NULL)//
BEGIN NOT ATOMIC
  WHILE TRUE DO
    INSERT INTO smoke.tick (at) VALUES (UNIX_TIMESTAMP(SYSDATE(6)));
    DO SLEEP(%.3f);
  END WHILE;
END//`

// CommitTicks has the hub's database commit the time every TickEvery, until the
// server ends: the last of them after a restore says up to when commits
// survived. It returns when the server is gone, or ctx ends.
func (h *House) CommitTicks(ctx context.Context) {
	// How it ends is no news: the server is killed under it.
	_, _ = process.Run(ctx, "mariadb", "--no-defaults", "--socket="+h.path("hub/db/s.sock"), "--user=root",
		"--delimiter=//", "--execute="+fmt.Sprintf(ticking, TickEvery.Seconds()))
}

// LastTick is when the last of the ticks that are there was committed.
func (h *House) LastTick(ctx context.Context) (time.Time, error) {
	out, err := h.SQL(ctx, "SELECT COUNT(*), IFNULL(MAX(at), 0) FROM smoke.tick")
	if err != nil {
		return time.Time{}, err
	}
	return readTick(out)
}

// readTick reads a count and seconds since 1970 with microseconds.
func readTick(out string) (time.Time, error) {
	fields := strings.Fields(out)
	if len(fields) != 2 || fields[0] == "0" {
		return time.Time{}, errors.New("there is no tick in the database")
	}
	micros, err := strconv.ParseInt(strings.Replace(fields[1], ".", "", 1), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading a tick: %w", err)
	}
	return time.UnixMicro(micros), nil
}
