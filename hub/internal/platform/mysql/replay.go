package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxPacket is the longest statement that is taken: MariaDB's own limit. A row
// stands whole in one statement, in hexadecimal digits or base64.
const maxPacket = "1073741824"

// clientArguments make MariaDB's client run what comes on its standard input
// and stop at the first error.
func clientArguments(e Endpoint) []string {
	return []string{
		"--no-defaults", "--user=root", "--socket=" + e.Socket, "--batch", "--binary-mode", "--skip-reconnect",
		"--default-character-set=utf8mb4", "--max-allowed-packet=" + maxPacket,
	}
}

// Replay applies events of a binary log to a running server, one that was
// restored from the copy that they follow on. write writes a file of the log:
// LogHeader, then events, if any, whose first is a description of the format.
// It ends where a transaction ends.
//
// An error of write is returned as it is and ends the replay; like any other
// failure it leaves a part of the events applied.
func Replay(ctx context.Context, e Endpoint, write func(w io.Writer) error) error {
	if err := replay(ctx, e, write); err != nil {
		return fmt.Errorf("replaying the binary log: %w", err)
	}
	return nil
}

func replay(ctx context.Context, e Endpoint, write func(w io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	statements, printed, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	apply, err := begin(ctx, task{name: clientProgram, args: clientArguments(e), in: statements})
	if err != nil {
		return errors.Join(err, printed.Close())
	}
	fed := &counted{write: write}
	own := pipeInto(ctx, task{name: logProgram, args: []string{"--no-defaults", "-"}, out: printed}, fed.feed)
	if fed.nothing() {
		own = nil // mariadb-binlog calls that a broken file
	}
	if own != nil && !stoppedReading(own) {
		cancel() // what was printed is not whole
	}
	// A client that gave up says why; all that mariadb-binlog then says is that
	// nobody listens.
	if err := apply.end(ctx); err != nil && (own == nil || stoppedReading(own)) {
		return err
	}
	return own
}

// counted notes how much a function writes.
type counted struct {
	write func(w io.Writer) error
	to    io.Writer
	bytes int64
	err   error
}

func (c *counted) feed(w io.Writer) error {
	c.to = w
	c.err = c.write(c)
	return c.err
}

// Write passes a piece on.
func (c *counted) Write(piece []byte) (int, error) {
	n, err := c.to.Write(piece)
	c.bytes += int64(n)
	return n, err
}

// nothing reports whether a whole log without an event was written.
func (c *counted) nothing() bool { return c.err == nil && c.bytes <= int64(len(LogHeader())) }
