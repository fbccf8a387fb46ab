package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/wire"
)

// news makes an event whose body says who made it and which of theirs it is.
func news(writer, n int) outbox.Event {
	return outbox.Event{
		Kind: wire.KindSale, At: clock.Now(),
		Body: wire.Sale{Nozzle: writer, Number: fmt.Sprint(n)},
	}
}

// publish appends events in a transaction of their own.
func publish(ctx context.Context, db *mysql.DB, feed *outbox.Feed, ch wire.Channel, events ...outbox.Event) error {
	return db.InTx(ctx, "publishing", func(ctx context.Context, tx *mysql.Tx) error {
		return outbox.Append(ctx, tx, feed, ch, events...)
	})
}

// collector is a subscriber that keeps what it is given.
type collector struct {
	mu     sync.Mutex
	frames map[wire.Channel][]wire.Frame
	seen   chan struct{} // one token after every call, if there is room
}

func collect(feed *outbox.Feed) (*collector, func()) {
	c := &collector{frames: map[wire.Channel][]wire.Frame{}, seen: make(chan struct{}, 1)}
	cancel := feed.Subscribe(func(frames []wire.Frame) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, f := range frames {
			c.frames[f.Ch] = append(c.frames[f.Ch], f)
		}
		select {
		case c.seen <- struct{}{}:
		default:
		}
	})
	return c, cancel
}

func (c *collector) of(ch wire.Channel) []wire.Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]wire.Frame(nil), c.frames[ch]...)
}

// await waits until n frames of ch were handed on.
func (c *collector) await(t *testing.T, ch wire.Channel, n int) []wire.Frame {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		if frames := c.of(ch); len(frames) >= n {
			return frames
		}
		select {
		case <-c.seen:
		case <-deadline:
			t.Fatalf("only %d of %d frames of %s were handed on", len(c.of(ch)), n, ch)
		}
	}
}

func checkDense(t *testing.T, frames []wire.Frame, first uint64) {
	t.Helper()
	for i, f := range frames {
		if f.Seq != first+uint64(i) {
			t.Fatalf("frame %d has number %d, want %d", i, f.Seq, first+uint64(i))
		}
	}
}

// TestManyWritersMakeNoHole is the outbox's reason to be: numbers from an
// auto-increment column become visible out of order, and a reader that asks
// for "greater than the last" skips rows.
func TestManyWritersMakeNoHole(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(feed)
	defer cancel()
	channels := []wire.Channel{"desk/A", "desk/B", "desk/C"}
	const writers, each = 64, 5
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				// Every third transaction publishes two events, every fifth is rolled back first.
				events := []outbox.Event{news(w, n)}
				if n%3 == 0 {
					events = append(events, news(w, n+100))
				}
				if n%5 == 0 {
					rollBack(t, db, feed, channels[w%3], events)
				}
				if err := publish(t.Context(), db, feed, channels[w%3], events...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, ch := range channels {
		frames := got.of(ch)
		total += len(frames)
		checkDense(t, frames, 1)
		checkStored(t, db, feed, ch, frames)
		checkEachWritersOrder(t, frames)
	}
	if want := writers * (each + 2); total != want {
		t.Errorf("%d frames were handed on, want %d", total, want)
	}
}

func rollBack(t *testing.T, db *mysql.DB, feed *outbox.Feed, ch wire.Channel, events []outbox.Event) {
	refused := errors.New("refused")
	err := db.InTx(t.Context(), "publishing", func(ctx context.Context, tx *mysql.Tx) error {
		if err := outbox.Append(ctx, tx, feed, ch, events...); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Error(err)
	}
}

// checkStored compares what was handed on with the table.
func checkStored(t *testing.T, db *mysql.DB, feed *outbox.Feed, ch wire.Channel, frames []wire.Frame) {
	t.Helper()
	pos := position(t, db, feed, ch)
	if pos.Seq != uint64(len(frames)) {
		t.Errorf("%s stands at %d, %d frames were handed on", ch, pos.Seq, len(frames))
	}
	stored, ok, err := feed.Since(t.Context(), wire.Position{Ch: ch, Ep: pos.Ep}, 1000)
	if err != nil || !ok || len(stored) != len(frames) {
		t.Fatalf("Since: %d frames, ok %v, error %v; want %d frames", len(stored), ok, err, len(frames))
	}
	for i := range stored {
		if stored[i].Seq != frames[i].Seq || string(stored[i].D) != string(frames[i].D) || stored[i].K != frames[i].K {
			t.Errorf("stored %+v, handed on %+v", stored[i], frames[i])
		}
	}
}

// checkEachWritersOrder: what one writer did first has the lower number.
func checkEachWritersOrder(t *testing.T, frames []wire.Frame) {
	t.Helper()
	last := map[int]int{}
	for _, f := range frames {
		sale, err := wire.Read[wire.Sale](f.D)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if _, err := fmt.Sscan(sale.Number, &n); err != nil {
			t.Fatal(err)
		}
		if n >= 100 {
			continue // the second of a pair
		}
		if before, ok := last[sale.Nozzle]; ok && n <= before {
			t.Errorf("writer %d: event %d after %d", sale.Nozzle, n, before)
		}
		last[sale.Nozzle] = n
	}
}

func position(t *testing.T, db *mysql.DB, feed *outbox.Feed, ch wire.Channel) wire.Position {
	t.Helper()
	pos, err := feed.Position(t.Context(), db, ch)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// TestAFreshFeedContinues is the killed process: a feed that dies with events
// committed and not handed on leaves them in the table, and the next life
// numbers on.
func TestAFreshFeedContinues(t *testing.T) {
	db := mysqltest.New(t)
	first := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	for n := range 3 {
		if err := publish(t.Context(), db, first, "desk/A", news(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	before := position(t, db, first, "desk/A")
	second := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(second)
	defer cancel()
	if err := publish(t.Context(), db, second, "desk/A", news(1, 3)); err != nil {
		t.Fatal(err)
	}
	checkDense(t, got.await(t, "desk/A", 1), 4)
	after := position(t, db, second, "desk/A")
	if after.Ep != before.Ep || after.Seq != 4 {
		t.Errorf("position went from %+v to %+v, want the same epoch and number 4", before, after)
	}
	missed, ok, err := second.Since(t.Context(), wire.Position{Ch: "desk/A", Ep: before.Ep, Seq: 1}, 10)
	if err != nil || !ok {
		t.Fatalf("Since: ok %v, error %v", ok, err)
	}
	checkDense(t, missed, 2)
	if len(missed) != 3 {
		t.Errorf("%d events since number 1, want 3", len(missed))
	}
}

// TestRunFindsWhatWasNeverHandedOn: a connection that broke around COMMIT
// leaves an event in the table that no AfterCommit announced.
func TestRunFindsWhatWasNeverHandedOn(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(feed)
	defer cancel()
	if err := publish(t.Context(), db, feed, "desk/A", news(1, 0)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- feed.Run(ctx) }()
	// Another feed's commits are as unannounced to this one as lost ones.
	lost := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	if err := publish(t.Context(), db, lost, "desk/A", news(1, 1)); err != nil {
		t.Fatal(err)
	}
	checkDense(t, got.await(t, "desk/A", 2), 1)

	// With a later event in hand the hole is known and filled the sooner.
	if err := publish(t.Context(), db, lost, "desk/A", news(1, 2), news(1, 3)); err != nil {
		t.Fatal(err)
	}
	if err := publish(t.Context(), db, feed, "desk/A", news(1, 4)); err != nil {
		t.Fatal(err)
	}
	checkDense(t, got.await(t, "desk/A", 5), 1)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
}

func TestPositionBelongsToTheSnapshotItIsReadIn(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	err := db.InTx(t.Context(), "reading", func(ctx context.Context, tx *mysql.Tx) error {
		empty, err := feed.Position(ctx, tx, "desk/A")
		if err != nil || empty.Seq != 0 || empty.Ep.IsZero() {
			t.Errorf("position of a channel without events: %+v, %v", empty, err)
		}
		if err := publish(ctx, db, feed, "desk/A", news(1, 0)); err != nil {
			return err
		}
		again, err := feed.Position(ctx, tx, "desk/A")
		if err != nil || again != empty {
			t.Errorf("position in the same snapshot: %+v, %v; want %+v", again, err, empty)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pos := position(t, db, feed, "desk/A"); pos.Seq != 1 {
		t.Errorf("position %+v, want number 1", pos)
	}
}

func TestSinceRefusesWhatItCannotTell(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	for n := range 4 {
		if err := publish(t.Context(), db, feed, "desk/A", news(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	pos := position(t, db, feed, "desk/A")
	other := position(t, db, feed, "desk/B")
	if _, err := db.ExecContext(t.Context(), "DELETE FROM outbox WHERE seq <= 2"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		ep   wire.Position
		ok   bool
		n    int
	}{
		{"up to date", wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 4}, true, 0},
		{"two behind", wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 2}, true, 2},
		{"pruned", wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 1}, false, 0},
		{"ahead", wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 5}, false, 0},
		{"another epoch", wire.Position{Ch: "desk/A", Ep: other.Ep, Seq: 3}, false, 0},
	} {
		frames, ok, err := feed.Since(t.Context(), c.ep, 10)
		if err != nil || ok != c.ok || (ok && len(frames) != c.n) {
			t.Errorf("%s: %d frames, ok %v, error %v; want %d, %v", c.name, len(frames), ok, err, c.n, c.ok)
		}
	}
	if frames, ok, err := feed.Since(t.Context(), wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 2}, 1); err != nil || !ok || len(frames) != 1 {
		t.Errorf("limited to one: %d frames, ok %v, error %v", len(frames), ok, err)
	}
}

func TestPruneRemovesTheOldOnly(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	old := news(1, 0)
	old.At = clock.Now().Add(-2 * time.Hour)
	many := make([]outbox.Event, 1500) // more than one DELETE removes
	for i := range many {
		many[i] = old
	}
	if err := publish(t.Context(), db, feed, "desk/A", many...); err != nil {
		t.Fatal(err)
	}
	if err := publish(t.Context(), db, feed, "desk/A", news(1, 1)); err != nil {
		t.Fatal(err)
	}
	removed, err := feed.Prune(t.Context(), time.Hour)
	if err != nil || removed != 1500 {
		t.Fatalf("Prune removed %d, error %v; want 1500", removed, err)
	}
	pos := position(t, db, feed, "desk/A")
	left, ok, err := feed.Since(t.Context(), wire.Position{Ch: "desk/A", Ep: pos.Ep, Seq: 1500}, 10)
	if err != nil || !ok || len(left) != 1 {
		t.Errorf("%d events left, ok %v, error %v; want the young one", len(left), ok, err)
	}
}
