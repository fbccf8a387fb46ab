package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	mysql "github.com/go-sql-driver/mysql"
)

// Error numbers of the server, the same on MariaDB and MySQL.
const (
	errDuplicate       = 1062
	errUnknownVariable = 1193
)

// retryNumbers ask for the whole transaction again:
// row changed since it was read, lock wait timeout, deadlock.
var retryNumbers = []uint16{1020, 1205, 1213}

// awayNumbers say that the server is there but cannot serve: disk full (1021),
// too many connections (1040, 1203, 1226), shutting down (1053), table full
// (1114), connection closed by the server (1927, 4031), read-only (1290, 1836).
var awayNumbers = []uint16{1021, 1040, 1053, 1114, 1203, 1226, 1290, 1836, 1927, 4031}

// ErrUnknownOutcome says that the connection broke around COMMIT: the
// transaction may stand or not. Who sent the command sends it again with the
// same key, which finds out.
var ErrUnknownOutcome = errors.New("mysql: outcome of the commit is unknown")

// number is the server's error number in err, or 0.
func number(err error) uint16 {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return server.Number
	}
	return 0
}

// IsDuplicate reports whether err is the refusal of a second row under a
// unique key.
func IsDuplicate(err error) bool { return number(err) == errDuplicate }

// Retryable reports whether err asks for the whole transaction again.
func Retryable(err error) bool { return slices.Contains(retryNumbers, number(err)) }

// Unavailable reports whether err means that the database is away or will not
// serve just now, so that the same command may succeed later. Edges answer it
// with wire.ProblemStorage.
func Unavailable(err error) bool {
	if err == nil {
		return false
	}
	for _, target := range []error{
		ErrUnknownOutcome, driver.ErrBadConn, mysql.ErrInvalidConn, sql.ErrConnDone,
		io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	var network net.Error
	return errors.As(err, &network) || Retryable(err) || slices.Contains(awayNumbers, number(err))
}
