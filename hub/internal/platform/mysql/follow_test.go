package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/platform/mysql"
)

// Kinds of events, in the log's own numbers.
const (
	kindFormat = 15
	kindXID    = 16
	kindGTID   = 162
)

// kept is what a follower of the log has kept. Its last is the end of the last
// whole transaction.
type kept struct {
	events []mysql.LogEvent
	whole  int // events up to there
	last   mysql.Position
	seen   atomic.Int64 // transactions
}

func (k *kept) take(e mysql.LogEvent) error {
	if k.last.Compare(e.Position()) > 0 {
		return fmt.Errorf("%s comes after %s", e.Position(), k.last)
	}
	k.events = append(k.events, e)
	if e.Ends {
		k.last, k.whole = e.Position(), len(k.events)
	}
	if e.Kind == kindXID {
		k.seen.Add(1)
	}
	return nil
}

// follow goes on from the last whole transaction.
func (k *kept) follow(ctx context.Context, e mysql.Endpoint, every time.Duration) error {
	k.events = k.events[:k.whole]
	return mysql.Follow(ctx, e, k.last, every, k.take, nil)
}

// transactions checks that the events are descriptions and whole transactions
// and counts these.
func (k *kept) transactions(t *testing.T) (n int) {
	t.Helper()
	if len(k.events) == 0 || k.events[0].Kind != kindFormat {
		t.Fatal("the events do not begin with a description of the format")
	}
	open := false
	for i, e := range k.events {
		if e.Begins != (e.Kind == kindGTID) || (e.Begins && open) {
			t.Errorf("event %d of %d, kind %d: begins a transaction %v within one %v", i, len(k.events), e.Kind, e.Begins, open)
		}
		open = (open || e.Begins) && e.Kind != kindXID
		if e.Ends == open {
			t.Errorf("event %d, kind %d: ends %v with a transaction open %v", i, e.Kind, e.Ends, open)
		}
		if e.Kind == kindXID {
			n++
		}
		if e.From != e.To && e.To-e.From != uint64(len(e.Raw)) {
			t.Errorf("event %d stands at %d to %d and has %d bytes", i, e.From, e.To, len(e.Raw))
		}
	}
	if open {
		t.Error("the last transaction is not whole")
	}
	return n
}

var errEnough = errors.New("enough")

// TestFollowMissesNothingAndRepeatsNothing: through new files of the log,
// a server that is killed and connections that break.
func TestFollowMissesNothingAndRepeatsNothing(t *testing.T) {
	for name, key := range map[string][]byte{"in clear": nil, "encrypted": keyOf(7)} {
		t.Run(name, func(t *testing.T) {
			b, stop := openBank(t, key)
			from, err := mysql.LogPosition(t.Context(), b.Endpoint)
			if err != nil {
				t.Fatal(err)
			}
			k := &kept{last: from}
			ctx, end := context.WithCancelCause(t.Context())
			ended := make(chan error, 1)
			var broken atomic.Int64
			go func() {
				for {
					err := k.follow(ctx, b.Endpoint, 50*time.Millisecond)
					if !mysql.Unavailable(err) {
						ended <- err
						return
					}
					broken.Add(1)
				}
			}()
			follows := func(what string) {
				t.Helper()
				want := k.seen.Load() + 30
				await(t, "to follow "+what, func() bool { return k.seen.Load() >= want })
			}
			follows("at first")
			b.exec(t, "FLUSH BINARY LOGS")
			follows("into the next file")
			if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			await(t, "a restart", func() bool { return b.Restarts() == 1 })
			follows("after a kill")
			stop()
			to, err := mysql.LogPosition(t.Context(), b.Endpoint)
			if err != nil {
				t.Fatal(err)
			}
			control := &kept{last: from}
			if err := mysql.Tail(t.Context(), b.Endpoint, from, to, control.take); err != nil {
				t.Fatal(err)
			}
			want := control.transactions(t)
			await(t, "all of the log", func() bool { return k.seen.Load() >= int64(want) })
			end(errEnough)
			if err := <-ended; !errors.Is(err, errEnough) {
				t.Errorf("ended with %v", err)
			}
			if got := k.transactions(t); got != want || broken.Load() == 0 {
				t.Errorf("followed %d transactions, the log has %d; broken %d times", got, want, broken.Load())
			}
			if !slices.EqualFunc(facts(k.events), facts(control.events), sameEvent) {
				t.Error("what was followed and what the log holds differ")
			}
		})
	}
}

// facts leaves out the descriptions of the format, which come once more with
// each connection.
func facts(events []mysql.LogEvent) []mysql.LogEvent {
	return slices.DeleteFunc(slices.Clone(events), func(e mysql.LogEvent) bool { return e.Kind == kindFormat })
}

func sameEvent(a, b mysql.LogEvent) bool {
	return a.File == b.File && a.From == b.From && a.To == b.To && a.At.Equal(b.At) && slices.Equal(a.Raw, b.Raw)
}

func TestTwoFollowAtOnce(t *testing.T) {
	b, _ := openBank(t, nil)
	from, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	followers := [2]*kept{{last: from}, {last: from}}
	ended := make(chan error)
	for _, k := range followers {
		go func() {
			ended <- mysql.Follow(t.Context(), b.Endpoint, from, time.Second, func(e mysql.LogEvent) error {
				if err := k.take(e); err != nil {
					return err
				}
				if e.Kind == kindXID && followers[0].seen.Load() >= 50 && followers[1].seen.Load() >= 50 {
					return errEnough
				}
				return nil
			}, nil)
		}()
	}
	for range followers {
		if err := <-ended; !errors.Is(err, errEnough) {
			t.Error(err)
		}
	}
}

func TestFollowIsIdleThenEnds(t *testing.T) {
	b, stop := openBank(t, keyOf(7))
	stop()
	at, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	events, idles := 0, 0
	err = mysql.Follow(t.Context(), b.Endpoint, at, time.Millisecond, func(e mysql.LogEvent) error {
		events++
		if e.Kind != kindFormat || e.Position() != at {
			t.Errorf("kind %d at %s, want a description that leads on from %s", e.Kind, e.Position(), at)
		}
		return nil
	}, func() error {
		if idles++; idles == 3 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || events != 1 {
		t.Errorf("%d events, %v", events, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	err = mysql.Follow(ctx, b.Endpoint, at, time.Hour, func(mysql.LogEvent) error {
		cancel(errEnough) // while it waits for the next
		return nil
	}, nil)
	if !errors.Is(err, errEnough) {
		t.Errorf("cancelled: %v", err)
	}
	if err := mysql.Tail(t.Context(), b.Endpoint, at, at, nil); err != nil {
		t.Errorf("a tail of nothing: %v", err)
	}
}

func TestFollowFromWhereTheLogIsNoMore(t *testing.T) {
	b, stop := openBank(t, nil)
	b.awaitMoves(t, 10)
	early, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, "FLUSH BINARY LOGS")
	stop()
	now, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.ExecContext(t.Context(), "PURGE BINARY LOGS TO ?", now.File); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]mysql.Position{
		"purged":         early,
		"before it":      {File: "binlog.000000", At: 4},
		"past its end":   {File: now.File, At: now.At + 1<<20},
		"past 4 GiB":     {File: now.File, At: 1 << 32},
		"in files to be": {File: "binlog.000099", At: 4},
		"nowhere":        {},
	} {
		err := mysql.Follow(t.Context(), b.Endpoint, from, time.Second, func(mysql.LogEvent) error { return nil }, func() error { return errEnough })
		if !errors.Is(err, mysql.ErrPurged) || mysql.Unavailable(err) {
			t.Errorf("%s, %s: %v", name, from, err)
		}
	}
	// In the middle of an event is no place to begin.
	err = mysql.Follow(t.Context(), b.Endpoint, mysql.Position{File: now.File, At: 11}, time.Second,
		func(mysql.LogEvent) error { return nil }, func() error { return errEnough })
	if err == nil || errors.Is(err, errEnough) {
		t.Errorf("in the middle of an event: %v", err)
	}
	gone := mysql.Endpoint{Socket: b.Socket + ".gone"}
	if err := mysql.Follow(t.Context(), gone, now, time.Second, nil, nil); !mysql.Unavailable(err) {
		t.Errorf("no server: %v", err)
	}
}
