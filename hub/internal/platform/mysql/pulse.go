package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// At the end of a copy nobody can commit until the thread of mariadb-backup that
// copies the redo log has ended. When something is left for it to read, it is
// waited for until it has looked (logCopyMillis); when it has read all there is, for 200 ms at
// once (stop_backup_threads in extra/mariabackup/xtrabackup.cc). On a station,
// where most moments are quiet, that is the rule, so something is left for it.
const (
	// pulseEvery is how often: some times between two looks.
	pulseEvery = 5 * time.Millisecond
	// pulseLimit bounds the rows of a copy whose end never comes.
	pulseLimit = 2_000
	// pulseTable is what is written to and always empty. It is in the schema
	// that belongs to the server: no copy of the hub's database knows it.
	pulseTable = "mysql.forecourt_pulse"
	// pulseFrom is remarked some hundredths of a second before commits are held
	// back, pulseTo when they no longer are.
	pulseFrom = "BACKUP STAGE FLUSH"
	pulseTo   = "BACKUP STAGE END"
)

// pulse is a transaction that keeps the redo log growing and never commits: of
// what it writes nothing is in the binary log, and it is taken back from the
// copy, when that is opened, as from the server.
type pulse struct {
	db    *DB
	conn  *sql.Conn
	begun sync.Once
	stop  context.CancelFunc
	beats sync.WaitGroup
}

// preparePulse connects to the server; all that takes long is done here. Whoever
// calls it calls close.
func preparePulse(ctx context.Context, e Endpoint) (*pulse, error) {
	db, err := OpenAdmin(ctx, e.AdminDSN(""), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	p := &pulse{db: db, stop: func() {}}
	if p.conn, err = db.Conn(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("connecting beside the copy: %w", err)
	}
	for _, statement := range []string{
		"SET SESSION sql_log_bin = OFF", // the table is this server's own affair
		"CREATE TABLE IF NOT EXISTS " + pulseTable + " (beat INT NOT NULL) ENGINE=InnoDB",
		"START TRANSACTION",
	} {
		if _, err := p.conn.ExecContext(ctx, statement); err != nil {
			p.close()
			return nil, fmt.Errorf("preparing a transaction beside the copy: %w", err)
		}
	}
	return p, nil
}

// hear follows what mariadb-backup remarks.
func (p *pulse) hear(ctx context.Context, remark string) {
	switch {
	case strings.Contains(remark, pulseFrom):
		p.begun.Do(func() {
			ctx, p.stop = context.WithCancel(ctx)
			p.beats.Go(func() { p.beat(ctx) })
		})
	case strings.Contains(remark, pulseTo):
		p.stop()
	}
}

// beat writes until ctx ends. A row that cannot be written is none the copy needs.
func (p *pulse) beat(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for n := range pulseLimit {
		if _, err := p.conn.ExecContext(ctx, "INSERT INTO "+pulseTable+" VALUES (?)", n); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// close ends the transaction with its connection: the server takes it back.
func (p *pulse) close() {
	p.stop()
	p.beats.Wait()
	_ = p.conn.Close()
	_ = p.db.Close()
}
