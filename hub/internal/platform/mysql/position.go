package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
)

// Position is a place in a server's binary log: between two events.
type Position struct {
	// File is the name of a file of the log, such as "binlog.000012".
	File string `json:"file"`
	// At is the place in it, in bytes from its beginning.
	At uint64 `json:"at"`
}

// ErrNoLog says that a server keeps no binary log.
var ErrNoLog = errors.New("mysql: this server keeps no binary log")

// Compare is -1 when p comes before q, 1 when after, 0 when they are the same
// place: by the number of the file, then by the place in it.
func (p Position) Compare(q Position) int {
	if byFile := cmp.Compare(p.fileNumber(), q.fileNumber()); byFile != 0 {
		return byFile
	}
	return cmp.Compare(p.At, q.At)
}

// IsZero reports whether p is no position at all.
func (p Position) IsZero() bool { return p == Position{} }

// String is "binlog.000012:4711", as people who look after databases write it.
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.File, p.At) }

// fileNumber is what comes after the last dot of the file's name; it grows by
// one with each file and gets a seventh digit when it must. 0 is no number.
func (p Position) fileNumber() uint64 {
	n, err := strconv.ParseUint(p.File[strings.LastIndexByte(p.File, '.')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// LogPosition is the end of a server's binary log. ErrNoLog when it keeps none.
func LogPosition(ctx context.Context, e Endpoint) (Position, error) {
	admin, err := OpenAdmin(ctx, e.AdminDSN(""), slog.New(slog.DiscardHandler))
	if err != nil {
		return Position{}, err
	}
	defer func() { _ = admin.Close() }()
	var at Position
	var doDB, ignoreDB string
	err = admin.QueryRowContext(ctx, "SHOW MASTER STATUS").Scan(&at.File, &at.At, &doDB, &ignoreDB)
	if errors.Is(err, sql.ErrNoRows) {
		return Position{}, ErrNoLog
	}
	if err != nil {
		return Position{}, fmt.Errorf("asking for the end of the binary log: %w", err)
	}
	return at, nil
}

// positionPattern is how mariadb-backup says which position its copy is of.
var positionPattern = regexp.MustCompile(`MySQL binlog position: filename '([^']{1,255})', position '(\d{1,20})'`)

// parsePosition reads the position out of a line of mariadb-backup's remarks.
func parsePosition(line string) (Position, bool) {
	match := positionPattern.FindStringSubmatch(line)
	if match == nil {
		return Position{}, false
	}
	at, err := strconv.ParseUint(match[2], 10, 64)
	if err != nil || (Position{File: match[1]}).fileNumber() == 0 {
		return Position{}, false
	}
	return Position{File: match[1], At: at}, true
}
