package keyring_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// TestNoSealedColumnIsForgotten: whoever adds a column of bytes says here
// whether it is sealed, and has it in the table if so.
func TestNoSealedColumnIsForgotten(t *testing.T) {
	others := []string{
		"data_key.wrapped", "member_key.wrapped", // the keys themselves
		"outbox.body",       // pruned before anybody misses an old key
		"sale_trace.points", // how fuel ran: nobody's name
	}
	var columns []string
	err := mysqltest.New(t).SelectContext(t.Context(), &columns, `SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE IN ('varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob')`)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(keyring.SealedColumns(), others...)))
	if got := slices.Sorted(slices.Values(columns)); !slices.Equal(got, want) {
		t.Errorf("columns of bytes are\n%s\nknown are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// talk is a member's rows of every kind, as they were before members had keys.
type talk struct {
	member  id.Member
	thread  id.Thread
	message id.Message
	notice  id.Notice
	account id.PaymentAccount
	picture id.Media
	lesson  id.Media // a tutorial's picture: the house's
}

// cells is where each sealed field of it belongs, and whether it is the
// member's.
func (w talk) cells() map[vault.Cell]bool {
	return map[vault.Cell]bool{
		{Table: "member", Column: "name", Row: w.member}:             true,
		{Table: "member", Column: "phone", Row: w.member}:            true,
		{Table: "member", Column: "id_number", Row: w.member}:        true,
		{Table: "member_account", Column: "account", Row: w.account}: true,
		{Table: "chat_thread", Column: "note", Row: w.thread}:        true,
		{Table: "chat_rating", Column: "note", Row: w.thread}:        true,
		{Table: "chat_message", Column: "body", Row: w.message}:      true,
		{Table: "notice", Column: "title", Row: w.notice}:            true,
		{Table: "notice", Column: "text", Row: w.notice}:             true,
		{Table: "media", Column: "content_key", Row: w.picture}:      true,
		{Table: "media", Column: "content_key", Row: w.lesson}:       false,
	}
}

// TestEveryKindOfFieldIsReached: what was the house's becomes the member's own
// or stays the house's, and opens.
func TestEveryKindOfFieldIsReached(t *testing.T) {
	h := newHouse(t)
	w := talk{
		member: id.New[id.Member](h.ids), thread: id.New[id.Thread](h.ids), message: id.New[id.Message](h.ids),
		notice: id.New[id.Notice](h.ids), account: id.New[id.PaymentAccount](h.ids),
		picture: id.New[id.Media](h.ids), lesson: id.New[id.Media](h.ids),
	}
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error { return h.enterTalk(ctx, tx, w, h.legacy(t)) })
	r := h.open(t)
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ring, err := r.Status(t.Context())
	if err != nil || ring.Rotation.Left != int64(len(w.cells()))+1 { // and the member's key
		t.Errorf("%d fields are to be sealed anew (%v), want %d", ring.Rotation.Left, err, len(w.cells())+1)
	}
	if _, err := r.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := h.open(t)
	key, err := again.MemberKey(t.Context(), h.db, w.member)
	if err != nil {
		t.Fatal(err)
	}
	for at, own := range w.cells() {
		sealed := h.stored(t, at)
		if by, house := vault.House(sealed); house == own || house && by != 2 {
			t.Errorf("%s.%s: sealed by the house: %t, with %d", at.Table, at.Column, house, by)
		}
		if plain, err := key.Open(at, sealed); err != nil || string(plain) != at.Column {
			t.Errorf("%s.%s reads %q, %v", at.Table, at.Column, plain, err)
		}
	}
	if ring, err = again.Status(t.Context()); err != nil || ring.Keys[0].Uses != 2 { // the member's key and the lesson's
		t.Errorf("the new key has %d uses (%v)", ring.Keys[0].Uses, err)
	}
}

// stored is a field as its row holds it.
func (h *house) stored(t *testing.T, at vault.Cell) (sealed []byte) {
	t.Helper()
	key := "id"
	if at.Table == "chat_rating" {
		key = "thread"
	}
	if err := h.db.GetContext(t.Context(), &sealed, "SELECT "+at.Column+" FROM "+at.Table+" WHERE "+key+" = ?", at.Row[:]); err != nil {
		t.Fatal(err)
	}
	return sealed
}

// enterTalk adds the rows. Every field says its column's name.
func (h *house) enterTalk(ctx context.Context, tx *mysql.Tx, w talk, v *vault.Vault) error {
	station := id.New[id.Station](h.ids)
	seal := func(table, column string, row [16]byte) []byte {
		return v.Seal(vault.Cell{Table: table, Column: column, Row: row}, []byte(column))
	}
	picture := `INSERT INTO media (id, station, thread, member, subject, kind, type, bytes, width, height, duration_ms, object_key, content_key, at)
		VALUES (?, ?, ?, ?, ?, 'picture', 'image/png', 1, 1, 1, 0, ?, ?, ?)`
	for _, s := range []struct {
		text string
		args []any
	}{
		{"INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at) VALUES (?, '站', 'Asia/Shanghai', 5000, 0, ?)", []any{station, h.now()}},
		{"INSERT INTO member (id, number, name, phone, phone_index, id_number, id_number_index, created_at) VALUES (?, 'M1', ?, ?, ?, ?, ?, ?)", []any{
			w.member, seal("member", "name", w.member), seal("member", "phone", w.member), w.member,
			seal("member", "id_number", w.member), w.member, h.now(),
		}},
		{"INSERT INTO member_account (id, member, kind, account, account_index, created_at) VALUES (?, ?, 'bank', ?, ?, ?)", []any{
			w.account, w.member, seal("member_account", "account", w.account), w.account, h.now(),
		}},
		{`INSERT INTO chat_thread (id, station, member, state, held_by, agent_number, opened_at, waiting_since, closings, last, spoken,
			driver_read, agent_read, driver_unread, agent_unread, told, note) VALUES (?, ?, ?, 'waiting', ?, '', ?, ?, 1, 1, 1, 0, 0, 0, 0, 0, ?)`, []any{
			w.thread, station, w.member, w.member, h.now(), h.now(), seal("chat_thread", "note", w.thread),
		}},
		{"INSERT INTO chat_rating (thread, closing, stars, note, at) VALUES (?, 1, 5, ?, ?)", []any{
			w.thread, seal("chat_rating", "note", w.thread), h.now(),
		}},
		{`INSERT INTO chat_message (thread, n, id, party, agent, kind, event, wait_seconds, body, at)
			VALUES (?, 1, ?, 'driver', '', 'text', '', 0, ?, ?)`, []any{w.thread, w.message, seal("chat_message", "body", w.message), h.now()}},
		{`INSERT INTO notice (id, member, kind, title, text, state, tries, next_at, created_at)
			VALUES (?, ?, 'k', ?, ?, 'sent', 1, ?, ?)`, []any{
			w.notice, w.member, seal("notice", "title", w.notice), seal("notice", "text", w.notice), h.now(), h.now(),
		}},
		{picture, []any{w.picture, station, w.thread, w.member, w.member, "a", seal("media", "content_key", w.picture), h.now()}},
		{picture, []any{w.lesson, station, nil, nil, nil, "b", seal("media", "content_key", w.lesson), h.now()}},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// TestObjectsFromBeforeKeepTheirKey: pictures that the house's key sealed
// directly lie outside the database, and are not sealed anew.
func TestObjectsFromBeforeKeepTheirKey(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	if err := h.station(t); err != nil {
		t.Fatal(err)
	}
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO media (id, station, kind, type, bytes, width, height, duration_ms, object_key, at)
			SELECT ?, id, 'picture', 'image/png', 1, 1, 1, 0, 'a', ? FROM station`, id.New[id.Media](h.ids), h.now())
		return err
	})
	for range 2 {
		if _, err := r.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RotateAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.states(t); got != "1 opening, 2 retired, 3 active" {
		t.Errorf("the keys: %s", got)
	}
}
