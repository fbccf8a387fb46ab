package notice_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rig is the notices of two members on a clock of their own.
type rig struct {
	*notice.Store
	db         *mysql.DB
	keys       *keyring.Ring
	now        time.Time
	who, other id.Member
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{db: mysqltest.New(t), now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	r.keys = keyringtest.New(t, r.db)
	r.Store = notice.New(notice.Deps{DB: r.db, Keys: r.keys, Now: clock, IDs: id.NewMaker(clock, rand.Reader)})
	r.who, r.other = r.member(t, 1), r.member(t, 2)
	return r
}

func (r *rig) member(t *testing.T, n byte) id.Member {
	t.Helper()
	m := id.Member{15: n}
	if _, err := r.db.ExecContext(t.Context(), "INSERT INTO member (id, number, phone, phone_index, created_at) VALUES (?, ?, 'x', ?, ?)",
		m, fmt.Sprintf("M%06d", n), m[:], r.now); err != nil {
		t.Fatal(err)
	}
	r.tx(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := r.keys.NewMemberKey(ctx, tx, m)
		return err
	})
	return m
}

// tx runs do in a transaction and fails the test if that is refused.
func (r *rig) tx(t *testing.T, do func(ctx context.Context, tx *mysql.Tx) error) {
	t.Helper()
	if err := r.db.InTx(t.Context(), "testing", do); err != nil {
		t.Fatal(err)
	}
}

// written is the notice that an agent wrote in thread n.
func (r *rig) written(n byte) notice.Notice {
	title, text := notice.Words(wire.NoticeChatMessage)
	return notice.Notice{Member: r.who, Kind: wire.NoticeChatMessage, Thread: id.Thread{15: n}, Title: title, Text: text}
}

func (r *rig) add(t *testing.T, n notice.Notice) (wire.Notice, bool) {
	t.Helper()
	var told wire.Notice
	var added bool
	err := r.db.InTx(t.Context(), "adding", func(ctx context.Context, tx *mysql.Tx) (err error) {
		told, added, err = r.Add(ctx, tx, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return told, added
}

func (r *rig) due(t *testing.T) []notice.Due {
	t.Helper()
	list, err := r.Due(t.Context(), r.now, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (r *rig) state(t *testing.T, n id.Notice) string {
	t.Helper()
	var state string
	if err := r.db.GetContext(t.Context(), &state, "SELECT state FROM notice WHERE id = ?", n); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestANoticeWaitsUntilItIsSent(t *testing.T) {
	r := newRig(t)
	told, added := r.add(t, r.written(1))
	if !added || told.ID.IsZero() || told.Kind != wire.NoticeChatMessage || !told.At.Equal(r.now) {
		t.Fatalf("added %v: %+v", added, told)
	}
	list := r.due(t)
	if len(list) != 1 || list[0].Notice != told || list[0].Member != r.who {
		t.Fatalf("due are %+v, want %+v", list, told)
	}
	if m := list[0].Message(); m.ID != told.ID || m.Kind != "chat.message" || m.Text != "客服回复了您的咨询，请打开小程序查看" || !m.At.Equal(told.At) {
		t.Errorf("the message is %+v", m)
	}
	for range 2 { // twice is no error
		if err := r.Sent(t.Context(), told.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.due(t)) != 0 || r.state(t, told.ID) != "sent" {
		t.Errorf("after sending it is %s, and due are %v", r.state(t, told.ID), r.due(t))
	}
	if err := r.Failed(t.Context(), list[0]); err != nil || r.state(t, told.ID) != "sent" {
		t.Errorf("a late failure made it %s (%v)", r.state(t, told.ID), err)
	}
}

func TestANoticeThatWasRolledBackIsNotThere(t *testing.T) {
	r := newRig(t)
	refused := errors.New("refused")
	err := r.db.InTx(t.Context(), "adding", func(ctx context.Context, tx *mysql.Tx) error {
		if _, _, err := r.Add(ctx, tx, r.written(1)); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) || len(r.due(t)) != 0 {
		t.Errorf("%v, due are %v", err, r.due(t))
	}
}

// TestOneNoticeStandsForMany: ten messages in a minute ring the phone once.
func TestOneNoticeStandsForMany(t *testing.T) {
	r := newRig(t)
	first, _ := r.add(t, r.written(1))
	for range 9 {
		if told, added := r.add(t, r.written(1)); added {
			t.Errorf("added %+v beside the waiting one", told)
		}
	}
	closed, anothers := r.written(1), r.written(1)
	closed.Kind, anothers.Member = wire.NoticeChatClosed, r.other
	for name, n := range map[string]notice.Notice{"another thread": r.written(2), "another kind": closed, "another member": anothers} {
		if _, added := r.add(t, n); !added {
			t.Errorf("%s was not added", name)
		}
	}
	if err := r.Sent(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if _, added := r.add(t, r.written(1)); !added {
		t.Error("after it was sent the next was not added")
	}
}

func TestANoticeMayWaitForTheMemberToLook(t *testing.T) {
	r := newRig(t)
	later := r.written(1)
	later.After = 30 * time.Second
	read, _ := r.add(t, later)
	later.Thread = id.Thread{15: 2}
	shown, _ := r.add(t, later)
	later.Thread = id.Thread{15: 3}
	sent, _ := r.add(t, later)
	r.now = r.now.Add(30*time.Second - time.Millisecond)
	if n := len(r.due(t)); n != 0 {
		t.Errorf("%d are due at once", n)
	}
	err := r.db.InTx(t.Context(), "reading", func(ctx context.Context, tx *mysql.Tx) error {
		return r.Withdraw(ctx, tx, r.who, id.Thread{15: 1})
	})
	if err := errors.Join(err, r.Shown(t.Context(), shown.ID)); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(time.Millisecond)
	if list := r.due(t); len(list) != 1 || list[0].ID != sent.ID {
		t.Errorf("due are %+v, want the one nobody looked at", list)
	}
	if r.state(t, read.ID) != "withdrawn" || r.state(t, shown.ID) != "shown" {
		t.Errorf("they are %s and %s", r.state(t, read.ID), r.state(t, shown.ID))
	}
}

// TestFailuresWaitLongerAndEndAfterADay follows one notice that nobody takes.
func TestFailuresWaitLongerAndEndAfterADay(t *testing.T) {
	r := newRig(t)
	told, _ := r.add(t, r.written(1))
	began, last := r.now, time.Duration(0)
	tries := 0
	for {
		list := r.due(t)
		if len(list) == 0 {
			t.Fatalf("nothing is due after %v", r.now.Sub(began))
		}
		if list[0].Tries != tries {
			t.Fatalf("it was tried %d times, noted are %d", tries, list[0].Tries)
		}
		if err := r.Failed(t.Context(), list[0]); err != nil {
			t.Fatal(err)
		}
		tries++
		if r.state(t, told.ID) == "given_up" {
			break
		}
		var next time.Time
		if err := r.db.GetContext(t.Context(), &next, "SELECT next_at FROM notice WHERE id = ?", told.ID); err != nil {
			t.Fatal(err)
		}
		wait := next.Sub(r.now)
		if wait < 5*time.Second || wait > 30*time.Minute || wait < last/4 {
			t.Fatalf("after try %d it waits %v, before it was %v", tries, wait, last)
		}
		last, r.now = wait, next
	}
	if gone := r.now.Sub(began); gone < 24*time.Hour || gone > 25*time.Hour || tries < 40 || tries > 110 {
		t.Errorf("given up after %v and %d tries", gone, tries)
	}
}

func TestSweepGivesUpAndForgets(t *testing.T) {
	r := newRig(t)
	old, _ := r.add(t, r.written(1))
	r.now = r.now.Add(24*time.Hour - time.Second)
	young, _ := r.add(t, r.written(2))
	if n, err := r.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("swept %d, %v, too early", n, err)
	}
	r.now = r.now.Add(time.Second)
	if n, err := r.Sweep(t.Context()); err != nil || n != 1 || r.state(t, old.ID) != "given_up" || r.state(t, young.ID) != "due" {
		t.Errorf("swept %d, %v; they are %s and %s", n, err, r.state(t, old.ID), r.state(t, young.ID))
	}
	if _, added := r.add(t, r.written(1)); !added {
		t.Error("what was given up still stands for the next")
	}
	r.now = r.now.Add(31 * 24 * time.Hour)
	for range 2 { // gives up the two that waited; a month later all are forgotten
		if _, err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(31 * 24 * time.Hour)
	}
	var left int
	if err := r.db.GetContext(t.Context(), &left, "SELECT COUNT(*) FROM notice"); err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
}

func TestTextsAreSealedAndBounded(t *testing.T) {
	r := newRig(t)
	told, _ := r.add(t, r.written(1))
	var row struct{ Title, Text []byte }
	if err := r.db.GetContext(t.Context(), &row, "SELECT title, text FROM notice WHERE id = ?", told.ID); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(row.Title, []byte(told.Title)) || bytes.Contains(row.Text, []byte("小程序")) {
		t.Error("the texts are stored in clear")
	}
	long := r.written(2)
	long.Title, long.Text = strings.Repeat("长", 40), strings.Repeat("长", 300)
	if _, added := r.add(t, long); !added {
		t.Error("the longest was not added")
	}
	for _, spoil := range []func(*notice.Notice){
		func(n *notice.Notice) { n.Title += "长" }, func(n *notice.Notice) { n.Text += "长" },
	} {
		n := long
		spoil(&n)
		err := r.db.InTx(t.Context(), "adding", func(ctx context.Context, tx *mysql.Tx) error {
			_, _, err := r.Add(ctx, tx, n)
			return err
		})
		if err == nil {
			t.Error("a text that is too long was accepted")
		}
	}
}

// TestAnErasedMemberIsToldNothing: what waited cannot be read, what comes is
// not kept, and others are told as before.
func TestAnErasedMemberIsToldNothing(t *testing.T) {
	r := newRig(t)
	r.add(t, r.written(1))
	anothers := r.written(1)
	anothers.Member = r.other
	other, _ := r.add(t, anothers)
	r.tx(t, func(ctx context.Context, tx *mysql.Tx) error { return r.keys.DestroyMemberKey(ctx, tx, r.who) })
	if list := r.due(t); len(list) != 1 || list[0].ID != other.ID {
		t.Errorf("due are %+v, want the other member's", list)
	}
	if told, added := r.add(t, r.written(2)); added {
		t.Errorf("kept %+v", told)
	}
	r.tx(t, func(ctx context.Context, tx *mysql.Tx) error { return r.Forget(ctx, tx, r.who) })
	var left []id.Member
	if err := r.db.SelectContext(t.Context(), &left, "SELECT member FROM notice"); err != nil || len(left) != 1 || left[0] != r.other {
		t.Errorf("left are notices to %v, %v", left, err)
	}
}

// TestWhatTheHouseSealedIsRead: notices from before members had keys.
func TestWhatTheHouseSealedIsRead(t *testing.T) {
	r := newRig(t)
	told, _ := r.add(t, r.written(1))
	for column, text := range map[string]string{"title": "旧标题", "text": "旧内容"} {
		sealed := r.keys.Vault.Seal(vault.Cell{Table: "notice", Column: column, Row: told.ID}, []byte(text))
		if _, err := r.db.ExecContext(t.Context(), "UPDATE notice SET "+column+" = ?", sealed); err != nil {
			t.Fatal(err)
		}
	}
	if list := r.due(t); len(list) != 1 || list[0].Title != "旧标题" || list[0].Text != "旧内容" {
		t.Errorf("due are %+v", list)
	}
}

// TestWordsTellNothingThatWasSaid: they are the same whatever was said, for
// they are not told.
func TestWordsTellNothingThatWasSaid(t *testing.T) {
	for _, kind := range []wire.NoticeKind{wire.NoticeChatMessage, wire.NoticeChatClosed, "of a later version"} {
		title, text := notice.Words(kind)
		if title == "" || !strings.Contains(text, "小程序") {
			t.Errorf("%s says %q, %q", kind, title, text)
		}
	}
}

// keeper is a Notifier that keeps what it is given.
type keeper struct {
	to  notice.To
	got notice.Message
	err error
}

func (k *keeper) Send(_ context.Context, to notice.To, m notice.Message) error {
	k.to, k.got = to, m
	return k.err
}

func TestCodesAreSentAsMessages(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	ids := id.NewMaker(func() time.Time { return now }, rand.Reader)
	k := &keeper{}
	if err := notice.Codes(k, ids)(t.Context(), "13800000001", "042137", now.Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if k.to != (notice.To{Phone: "13800000001"}) || k.got.Kind != "login.code" || k.got.ID.IsZero() || !k.got.At.Equal(now) ||
		k.got.Text != "您的验证码是 042137，5 分钟内有效。请勿告诉他人。" {
		t.Errorf("sent to %+v: %+v", k.to, k.got)
	}
	k.err = notice.ErrOff
	if err := notice.Codes(k, ids)(t.Context(), "13800000001", "042137", now); !errors.Is(err, notice.ErrOff) {
		t.Errorf("a failure is %v", err)
	}
}
