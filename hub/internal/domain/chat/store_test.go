package chat_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/chat"
	forecourt "forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	secretWord = "我的秘密车牌"
	secretNote = "秘密备注"
)

// file is the rows of conversations on a database of their own.
type file struct {
	*chat.Store
	t    *testing.T
	db   *mysql.DB
	keys *keyring.Ring
}

func newFile(t *testing.T) *file {
	f := &file{t: t, db: mysqltest.New(t)}
	f.keys = keyringtest.New(t, f.db)
	f.Store = chat.NewStore(f.keys)
	err := forecourt.Install(t.Context(), f.db, forecourt.Layout{Station: forecourt.Station{
		ID: station, Name: "示范加油站", Zone: forecourt.DefaultZone, Minimum: forecourt.DefaultMinimum,
		PriceSet: id.PriceSet{1}, CreatedAt: noon,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// tx runs do in a transaction and fails the test if that is refused.
func (f *file) tx(do func(ctx context.Context, tx *mysql.Tx) error) {
	f.t.Helper()
	if err := f.db.InTx(f.t.Context(), "testing", do); err != nil {
		f.t.Fatal(err)
	}
}

// talk keeps a closed conversation of member n, who has a key, with a note, a
// rating, a greeting, a text and a picture.
func (f *file) talk(n byte) chat.Thread {
	f.t.Helper()
	t := chat.NewThread(threadNo(n), station, "示范加油站", id.Member{n}, noon)
	said := []chat.Message{
		{Message: wire.Message{From: wire.PartySystem, Kind: wire.MessageEvent, Event: wire.ChatGreeting, Text: "您好"}},
		{Message: wire.Message{From: wire.PartyDriver, Kind: wire.MessageText, Text: secretWord}},
		{Message: wire.Message{From: wire.PartyAgent, Kind: wire.MessagePicture, Agent: "客服 4001", Media: &wire.Media{ID: id.Media{n}, Kind: wire.MediaPicture}}, Staff: staffNo(1)},
		{Message: wire.Message{From: wire.PartySystem, Kind: wire.MessageEvent, Event: wire.ChatEnded}},
	}
	for i := range said {
		said[i].ID, said[i].Thread, said[i].At = id.Message{n, byte(i + 1)}, t.ID, noon
		said[i].N = t.Say(said[i].From, noon)
	}
	t.State, t.WaitingSince, t.ClosedAt, t.Closings, t.Note = wire.ThreadClosed, time.Time{}, noon, 1, secretNote
	t.Rating = &wire.Rating{Stars: 5, Note: secretNote, At: noon}
	f.tx(func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := f.keys.NewMemberKey(ctx, tx, t.Member); err != nil {
			return err
		}
		if err := f.Insert(ctx, tx, t); err != nil {
			return err
		}
		if err := f.InsertMessages(ctx, tx, t.Member, said); err != nil {
			return err
		}
		return f.InsertRating(ctx, tx, t)
	})
	return t
}

func (f *file) erase(m id.Member) {
	f.t.Helper()
	f.tx(func(ctx context.Context, tx *mysql.Tx) error { return f.keys.DestroyMemberKey(ctx, tx, m) })
}

// page is what was said in a conversation, in one line each.
func (f *file) page(t id.Thread) (said []string) {
	f.t.Helper()
	list, err := f.Page(f.t.Context(), f.db, t, 0, 10)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, m := range list {
		said = append(said, fmt.Sprintf("%d %s %s %s %v", m.N, m.From, m.Kind, m.Text, m.Media != nil))
	}
	return said
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// TestS074AnErasedMembersConversationReadsAsErased: once the key is destroyed
// the words are gone, and lists that hold others go on.
func TestS074AnErasedMembersConversationReadsAsErased(t *testing.T) {
	f := newFile(t)
	gone, stays := f.talk(1), f.talk(2)
	whole := []string{"1 system event 您好 false", "2 driver text " + secretWord + " false", "3 agent picture  true", "4 system event  false"}
	wantLines(t, "before", f.page(gone.ID), whole...)
	f.erase(gone.Member)
	erased := []string{"1 system event [已删除] false", "2 driver text [已删除] false", "3 agent text [已删除] false", "4 system event  false"}
	check := func(when, note, rated string) {
		t.Helper()
		wantLines(t, when, f.page(gone.ID), erased...)
		wantLines(t, when+", the other", f.page(stays.ID), whole...)
		list, err := f.List(t.Context(), f.db, chat.Query{Station: station, Limit: 10})
		if err != nil || len(list) != 2 {
			t.Fatalf("%s: %d conversations, %v", when, len(list), err)
		}
		for _, th := range list {
			want, wantRated := secretNote, secretNote
			if th.ID == gone.ID {
				want, wantRated = note, rated
			}
			if th.Note != want || th.Rating == nil || th.Rating.Stars != 5 || th.Rating.Note != wantRated {
				t.Errorf("%s: thread %s reads %q, %+v", when, th.ID, th.Note, th.Rating)
			}
		}
		previews, err := f.Previews(t.Context(), f.db, list)
		if err != nil || previews[gone.ID].Text != chat.ErasedText || previews[stays.ID].Kind != wire.MessagePicture {
			t.Errorf("%s: previews %+v, %v", when, previews, err)
		}
	}
	check("after the key went", "", chat.ErasedText)
	f.tx(func(ctx context.Context, tx *mysql.Tx) error { return f.Forget(ctx, tx, gone.Member) })
	check("after it was forgotten", "", "")
	if threads, err := f.ThreadsOf(t.Context(), f.db, gone.Member); err != nil || len(threads) != 1 || threads[0] != gone.ID {
		t.Errorf("the member's threads are %v, %v", threads, err)
	}
}

// TestNothingIsSaidToAnErasedMember: what has words is refused, what the system
// notes is kept.
func TestNothingIsSaidToAnErasedMember(t *testing.T) {
	f := newFile(t)
	gone := f.talk(1)
	f.erase(gone.Member)
	add := func(m wire.Message) error {
		m.ID, m.Thread, m.At = id.Message{1, byte(m.N)}, gone.ID, noon
		return f.db.InTx(t.Context(), "saying", func(ctx context.Context, tx *mysql.Tx) error {
			return f.InsertMessages(ctx, tx, gone.Member, []chat.Message{{Message: m}})
		})
	}
	wantProblem(t, add(wire.Message{N: 5, From: wire.PartyDriver, Kind: wire.MessageText, Text: "还在吗"}), wire.ProblemErased)
	if err := add(wire.Message{N: 5, From: wire.PartySystem, Kind: wire.MessageEvent, Event: wire.ChatEnded}); err != nil {
		t.Error(err)
	}
	f.tx(func(ctx context.Context, tx *mysql.Tx) error { // as it reads: without its note
		held, err := f.Lock(ctx, tx, gone)
		if err != nil || held.Rating == nil || held.Rating.Note != chat.ErasedText {
			t.Errorf("held %+v, %v", held, err)
		}
		return f.Save(ctx, tx, held)
	})
	wantProblem(t, f.db.InTx(t.Context(), "noting", func(ctx context.Context, tx *mysql.Tx) error { return f.Save(ctx, tx, gone) }), wire.ProblemErased)
}

// TestWhatTheHouseSealedIsRead: rows from before members had keys.
func TestWhatTheHouseSealedIsRead(t *testing.T) {
	f := newFile(t)
	th := f.talk(1)
	for at, text := range map[vault.Cell]string{
		{Table: "chat_thread", Column: "note", Row: th.ID}:               "旧备注",
		{Table: "chat_rating", Column: "note", Row: th.ID}:               "旧评价",
		{Table: "chat_message", Column: "body", Row: id.Message{1, 0x2}}: `{"text":"旧消息"}`,
	} {
		where := "id"
		if at.Table == "chat_rating" {
			where = "thread"
		}
		if _, err := f.db.ExecContext(t.Context(), "UPDATE "+at.Table+" SET "+at.Column+" = ? WHERE "+where+" = ?",
			f.keys.Vault.Seal(at, []byte(text)), at.Row[:]); err != nil {
			t.Fatal(err)
		}
	}
	read, err := f.Load(t.Context(), f.db, th.ID)
	if err != nil || read.Note != "旧备注" || read.Rating.Note != "旧评价" {
		t.Errorf("read %+v, %v", read, err)
	}
	if said := f.page(th.ID); said[1] != "2 driver text 旧消息 false" {
		t.Errorf("read %q", said[1])
	}
}

// TestS073ConversationsAreSealedWithTheMembersKey: not with the house's.
func TestS073ConversationsAreSealedWithTheMembersKey(t *testing.T) {
	f := newFile(t)
	f.talk(1)
	var sealed [][]byte
	if err := f.db.SelectContext(t.Context(), &sealed, `SELECT body FROM chat_message WHERE body IS NOT NULL
		UNION ALL SELECT note FROM chat_thread UNION ALL SELECT note FROM chat_rating`); err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if _, house := vault.House(s); house || bytes.Contains(s, []byte("秘密")) {
			t.Errorf("kept as %q", s)
		}
	}
	if len(sealed) != 5 {
		t.Errorf("%d sealed fields, want three messages and two notes", len(sealed))
	}
}

// counting counts the queries that go through it.
type counting struct {
	sqlx.QueryerContext
	n int
}

func (c *counting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.QueryerContext.QueryContext(ctx, query, args...)
}

func (c *counting) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	c.n++
	return c.QueryerContext.QueryxContext(ctx, query, args...)
}

// TestAPageCostsTwoQueries: one for the rows and one for all keys, however many
// members are on it.
func TestAPageCostsTwoQueries(t *testing.T) {
	f := newFile(t)
	for n := range byte(20) {
		f.talk(n + 1)
	}
	cold := chat.NewStore(keyringtest.New(t, f.db))
	q := &counting{QueryerContext: f.db}
	list, err := cold.List(t.Context(), q, chat.Query{Station: station, Limit: 20})
	if err != nil || len(list) != 20 || list[0].Note != secretNote || q.n != 2 {
		t.Errorf("%d conversations, %v, by %d queries", len(list), err, q.n)
	}
	cold, q.n = chat.NewStore(keyringtest.New(t, f.db)), 0
	previews, err := cold.Previews(t.Context(), q, list)
	if err != nil || len(previews) != 20 || q.n != 2 {
		t.Errorf("%d previews, %v, by %d queries", len(previews), err, q.n)
	}
}
