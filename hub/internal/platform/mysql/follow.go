package mysql

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	wire "github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"forecourt/hub/internal/platform/clock"
)

const (
	// followSilence is how long a server may say nothing beyond the heartbeat
	// that was asked for, before the connection counts as broken.
	followSilence = 30 * time.Second
	// tailHeartbeat is how often a server says that it is still there while it
	// looks for more of what it is known to have.
	tailHeartbeat = time.Second
	// followWriteSeconds is how long the server waits for a follower that is
	// busy with what it got.
	followWriteSeconds = 600
	// followerBit makes a follower's server number one that no server has; the
	// number of its connection makes it unlike any other follower's.
	followerBit = 1 << 31
	// minHeartbeat is the shortest the server takes, MariaDB: 1 ms.
	minHeartbeat = time.Millisecond
	// errLogRead is the server's number for whatever keeps it from sending its
	// binary log from where it is asked to.
	errLogRead = 1236
	// logStart is where the events of a file begin.
	logStart = 4
)

// goneWords tell errLogRead's reasons apart: the file is gone, or the place is
// beyond its end.
var goneWords = []string{"Could not find first log file", "impossible position"}

// ErrPurged says that a server's binary log no longer has the place asked for,
// or never had. Only a new copy can be gone on from.
var ErrPurged = errors.New("mysql: the binary log no longer reaches back to that position")

// Follow hands every event of the server's binary log after from to each, in
// order, until ctx ends or each answers an error, which is then returned. idle
// is called, if it is not nil, when nothing came for the interval every; its
// error ends the following too. Neither may block for long.
//
// A description of the format comes first, and again with each file of the
// log, so that the events after it can be read. When the server ends or the
// connection breaks, Follow returns an error for which Unavailable is true; the
// caller forgets what came after the last event that Ends and begins again
// from there. ErrPurged is returned when from is not in the log any more. from
// is the end of a transaction, such as Copy.Stream, LogPosition and TakeSums
// answer.
func Follow(ctx context.Context, e Endpoint, from Position, every time.Duration,
	each func(LogEvent) error, idle func() error,
) error {
	return follow(ctx, e, follower{from: from, every: every, each: each, idle: idle})
}

// Tail hands each what the server's binary log holds from one position to
// another, as Follow does, and returns when it has. The two are ends of
// transactions, and to has been reached.
func Tail(ctx context.Context, e Endpoint, from, to Position, each func(LogEvent) error) error {
	if from.Compare(to) >= 0 {
		return nil
	}
	return follow(ctx, e, follower{from: from, to: to, every: tailHeartbeat, each: each})
}

// follower is what following is about.
type follower struct {
	from, to Position // to is zero for no end
	every    time.Duration
	each     func(LogEvent) error
	idle     func() error // may be nil
}

func follow(ctx context.Context, e Endpoint, f follower) error {
	conn, err := dialLog(ctx, e)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("connecting to follow the binary log: %w", err)
	}
	// Closing is all it takes to end a read that waits, and to make the server
	// forget this follower. The error of a second closing means nothing. Only
	// the socket below may be closed by two.
	socket := conn.Conn.Conn
	release := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer func() {
		release()
		_ = socket.Close()
	}()
	err = f.ask(conn)
	if err == nil {
		err = f.read(conn)
	}
	if ctx.Err() != nil && errors.Is(err, driver.ErrBadConn) {
		return context.Cause(ctx)
	}
	return err
}

func dialLog(ctx context.Context, e Endpoint) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var dialer net.Dialer
	open := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			err = conn.SetDeadline(clock.Now().Add(dialTimeout))
		}
		return conn, err
	}
	conn, err := client.ConnectWithDialer(ctx, "unix", e.Socket, "root", "", "", open)
	if err != nil {
		return nil, lost(err)
	}
	return conn, nil
}

// ask makes the server send its log.
func (f follower) ask(conn *client.Conn) error {
	if f.from.fileNumber() == 0 || f.from.At > math.MaxUint32 {
		return fmt.Errorf("%w: %s", ErrPurged, f.from)
	}
	for _, statement := range []string{
		"SET @mariadb_slave_capability=4", // events of MariaDB's own are understood
		"SET @master_binlog_checksum='CRC32'",
		fmt.Sprintf("SET @master_heartbeat_period=%d", max(f.every, minHeartbeat).Nanoseconds()),
		fmt.Sprintf("SET SESSION net_write_timeout=%d", followWriteSeconds),
	} {
		if _, err := conn.Execute(statement); err != nil {
			return fmt.Errorf("preparing to follow the binary log: %w", lost(err))
		}
	}
	conn.ResetSequence()
	const head = 4 // the packet's own, filled in by WritePacket
	command := append(make([]byte, head), wire.COM_BINLOG_DUMP)
	command = binary.LittleEndian.AppendUint32(command, uint32(max(f.from.At, logStart)))
	// Remarks on rows are not kept, but without them the places of what
	// follows cannot be told where the server leaves these out.
	command = binary.LittleEndian.AppendUint16(command, replication.BINLOG_SEND_ANNOTATE_ROWS_EVENT)
	command = binary.LittleEndian.AppendUint32(command, followerBit|conn.GetConnectionID())
	command = append(command, f.from.File...)
	if err := conn.WritePacket(command); err != nil {
		return fmt.Errorf("asking for the binary log: %w", lost(err))
	}
	return nil
}

// read hands on what the server sends until something ends it.
func (f follower) read(conn *client.Conn) error {
	reader := logReader{at: Position{File: f.from.File, At: max(f.from.At, logStart)}, checksums: true}
	for f.to.IsZero() || reader.at.Compare(f.to) < 0 {
		if err := conn.SetDeadline(clock.Now().Add(f.every + followSilence)); err != nil {
			return fmt.Errorf("following the binary log: %w", lost(err))
		}
		packet, err := conn.ReadPacket()
		if err != nil {
			return fmt.Errorf("following the binary log after %s: %w", reader.at, lost(err))
		}
		raw, err := eventOf(conn, packet)
		if err != nil {
			return fmt.Errorf("following the binary log after %s: %w", reader.at, err)
		}
		event, keep, err := reader.next(raw)
		if err != nil {
			return fmt.Errorf("following the binary log: %w", err)
		}
		switch {
		case keep:
			err = f.each(event)
		case f.idle != nil && event.Kind == byte(replication.HEARTBEAT_EVENT):
			err = f.idle()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eventOf is the event in a packet, or the server's reason not to send one.
func eventOf(conn *client.Conn, packet []byte) ([]byte, error) {
	switch {
	case len(packet) > 0 && packet[0] == wire.OK_HEADER:
		return packet[1:], nil
	case len(packet) > 0 && packet[0] == wire.ERR_HEADER:
		err := conn.HandleErrorPacket(packet)
		var refused *wire.MyError
		if !errors.As(err, &refused) || refused.Code != errLogRead {
			return nil, lost(err)
		}
		for _, gone := range goneWords {
			if strings.Contains(refused.Message, gone) {
				return nil, fmt.Errorf("%w (%w)", ErrPurged, err)
			}
		}
		return nil, err
	}
	return nil, lost(errors.New("the server ended the binary log"))
}

// lost marks an error of the connection as one that trying again may mend,
// which is what Unavailable tells.
func lost(err error) error { return fmt.Errorf("%w: %w", driver.ErrBadConn, err) }
