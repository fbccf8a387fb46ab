package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/wire"
)

const said = "发票抬头是云岭运输有限公司"

func word() outbox.Event {
	return outbox.Event{Kind: wire.KindNotice, At: clock.Now(), Body: wire.Notice{Kind: wire.NoticeChatMessage, Text: said}}
}

// stored is the body of an event as the table holds it.
func stored(t *testing.T, db *mysql.DB, ch wire.Channel, seq uint64) []byte {
	t.Helper()
	var body []byte
	if err := db.GetContext(t.Context(), &body, "SELECT body FROM outbox WHERE channel = ? AND seq = ?", ch, seq); err != nil {
		t.Fatal(err)
	}
	return body
}

func overwrite(t *testing.T, db *mysql.DB, ch wire.Channel, seq uint64, body []byte) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "UPDATE outbox SET body = ? WHERE channel = ? AND seq = ?", body, ch, seq); err != nil {
		t.Fatal(err)
	}
}

func TestS073EventsAreSealedInTheTable(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(feed)
	defer cancel()
	for _, ch := range []wire.Channel{"driver/A", "chat/A", "support/A", "desk/A", "security/A"} {
		if err := publish(t.Context(), db, feed, ch, word(), word()); err != nil {
			t.Fatal(err)
		}
		if body := stored(t, db, ch, 2); bytes.Contains(body, []byte(said)) || !vault.IsSealed(body) {
			t.Errorf("%s is stored as %q", ch, body)
		}
		checkStored(t, db, feed, ch, got.of(ch))
		// Another life opens it with the same secret.
		checkStored(t, db, outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t)), ch, got.of(ch))
	}
}

// TestOlderDeskEventsInClearAreRead: they were written before everything was
// sealed, and are pruned within days.
func TestOlderDeskEventsInClearAreRead(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	if err := publish(t.Context(), db, feed, "desk/A", word(), word()); err != nil {
		t.Fatal(err)
	}
	overwrite(t, db, "desk/A", 1, []byte(`{"text":"older"}`))
	ep := position(t, db, feed, "desk/A").Ep
	frames, ok, err := feed.Since(t.Context(), wire.Position{Ch: "desk/A", Ep: ep}, 10)
	if err != nil || !ok || len(frames) != 2 || string(frames[0].D) != `{"text":"older"}` {
		t.Errorf("%v, %v, %v", frames, ok, err)
	}
}

func TestForgetRemovesAChannelsEventsAndNoOthers(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(feed)
	defer cancel()
	for _, ch := range []wire.Channel{"driver/A", "chat/A", "chat/B"} {
		if err := publish(t.Context(), db, feed, ch, word(), word()); err != nil {
			t.Fatal(err)
		}
	}
	forget := func(channels ...wire.Channel) {
		t.Helper()
		err := db.InTx(t.Context(), "forgetting", func(ctx context.Context, tx *mysql.Tx) error {
			return outbox.Forget(ctx, tx, channels...)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	forget()
	forget("driver/A", "chat/A")
	var left int
	if err := db.GetContext(t.Context(), &left, "SELECT COUNT(*) FROM outbox"); err != nil || left != 2 {
		t.Errorf("%d events are left, %v; want the two of chat/B", left, err)
	}
	ep := position(t, db, feed, "chat/A").Ep
	if _, ok, err := feed.Since(t.Context(), wire.Position{Ch: "chat/A", Ep: ep, Seq: 1}, 10); err != nil || ok {
		t.Errorf("who follows is told that nothing is missing: %v, %v", ok, err)
	}
	if err := publish(t.Context(), db, feed, "chat/A", word()); err != nil {
		t.Fatal(err)
	}
	if frames := got.await(t, "chat/A", 3); frames[2].Seq != 3 {
		t.Errorf("the channel went on with %d", frames[2].Seq)
	}
}

func TestAnEventThatCannotBeOpenedIsNamed(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	if err := publish(t.Context(), db, feed, "chat/A", word(), word(), word()); err != nil {
		t.Fatal(err)
	}
	pos := position(t, db, feed, "chat/A")
	good := stored(t, db, "chat/A", 2)
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1
	for name, body := range map[string][]byte{
		"changed":              changed,
		"of another number":    stored(t, db, "chat/A", 1),
		"in clear":             []byte(`{"text":"forged"}`),
		"empty":                {},
		"cut":                  good[:len(good)-1],
		"of an unknown secret": append([]byte{1, 1, 0, 0, 0, 9}, good[6:]...),
	} {
		overwrite(t, db, "chat/A", 2, body)
		_, _, err := feed.Since(t.Context(), wire.Position{Ch: "chat/A", Ep: pos.Ep}, 10)
		var sealed *outbox.SealedError
		if !errors.As(err, &sealed) || sealed.Channel != "chat/A" || sealed.Seq != 2 {
			t.Errorf("%s: %v, want that event 2 of chat/A cannot be opened", name, err)
		}
	}
	overwrite(t, db, "chat/A", 2, good)
	if frames, ok, err := feed.Since(t.Context(), wire.Position{Ch: "chat/A", Ep: pos.Ep}, 10); err != nil || !ok || len(frames) != 3 {
		t.Errorf("put back: %d frames, %v, %v", len(frames), ok, err)
	}
}

// TestRunGoesOnPastWhatCannotBeOpened: one spoilt row must not keep the rest
// from whoever follows.
func TestRunGoesOnPastWhatCannotBeOpened(t *testing.T) {
	db := mysqltest.New(t)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	got, cancel := collect(feed)
	defer cancel()
	for _, ch := range []wire.Channel{"chat/A", "desk/Z"} {
		if err := publish(t.Context(), db, feed, ch, word()); err != nil {
			t.Fatal(err)
		}
	}
	lost := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	for _, ch := range []wire.Channel{"chat/A", "desk/Z"} {
		if err := publish(t.Context(), db, lost, ch, word(), word(), word()); err != nil {
			t.Fatal(err)
		}
	}
	overwrite(t, db, "chat/A", 3, []byte("{}"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- feed.Run(ctx) }()
	got.await(t, "chat/A", 3)
	got.await(t, "desk/Z", 4)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	var seqs []uint64
	for _, f := range got.of("chat/A") {
		seqs = append(seqs, f.Seq)
	}
	if len(seqs) != 3 || seqs[0] != 1 || seqs[1] != 2 || seqs[2] != 4 {
		t.Errorf("handed on %v, want 1, 2 and 4: the hole tells of the spoilt one", seqs)
	}
}
