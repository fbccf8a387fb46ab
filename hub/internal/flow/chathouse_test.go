package flow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// office is a house with support: the head 1001, the agents 4001 and 4002, and
// one driver.
type office struct {
	*house
	media   *media.Store
	notices *notice.Store
	rooms   *chat.Rooms
	phone   *phone
	ticks   *ticks
	attic   *attic

	boss, anna, ben staff.Actor
	wang            member.Actor

	seen sync.Mutex
	news []wire.Frame
}

// attic keeps uploads in memory.
type attic struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (o *attic) Put(_ context.Context, key string, content []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[key] = bytes.Clone(content)
	return nil
}

func (o *attic) Get(_ context.Context, key string, _ int64) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.kept[key]), nil
}

func (o *attic) Delete(_ context.Context, key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.kept, key)
	return nil
}

// phone is where notices end up.
type phone struct {
	mu   sync.Mutex
	rang []notice.Message
	off  bool
}

func (p *phone) Send(_ context.Context, _ notice.To, m notice.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return errors.New("no network")
	}
	p.rang = append(p.rang, m)
	return nil
}

// ticks collects what rooms show.
type ticks struct {
	mu     sync.Mutex
	frames []wire.Frame
}

func (k *ticks) Tick(_ int, f wire.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.frames = append(k.frames, f)
}

func newOffice(t *testing.T) *office { return newOfficeIn(t, newHouse(t)) }

// newOfficeIn adds support to a house.
func newOfficeIn(t *testing.T, h *house) *office {
	o := &office{house: h, phone: &phone{}, ticks: &ticks{}, attic: &attic{kept: map[string][]byte{}}}
	t.Cleanup(o.feed.Subscribe(func(frames []wire.Frame) {
		o.seen.Lock()
		defer o.seen.Unlock()
		o.news = append(o.news, frames...)
	}))
	o.boss, o.anna, o.ben = o.hire("1001", wire.RoleHead), o.hire("4001", wire.RoleAgent), o.hire("4002", wire.RoleAgent)
	o.wang = o.driver("13800000001")
	o.restart()
	return o
}

// restart gives the office a new Flow and new Rooms on the same database, as
// after the end of the process.
func (o *office) restart() {
	log := mysqltest.Log(o.t)
	o.media = media.New(media.Deps{DB: o.db, Keys: o.keys, Objects: o.attic, Random: rand.Reader, Now: o.now, IDs: o.ids})
	o.notices = notice.New(notice.Deps{DB: o.db, Keys: o.keys, Now: o.now, IDs: o.ids})
	o.rooms = chat.NewRooms(o.ticks, o.now, log)
	o.flow = flow.New(flow.Deps{
		DB: o.db, Feed: o.feed, Now: o.now, IDs: o.ids, Log: log, Vault: o.keys.Vault, Keys: o.keys, Members: o.members,
		Notices: o.notices, Notifier: o.phone, Media: o.media, Rooms: o.rooms, Words: chat.NewWords(),
	})
}

// live runs the rooms until the test ends.
func (o *office) live() {
	ctx, cancel := context.WithCancel(context.Background())
	stop := o.feed.Subscribe(o.rooms.Feed)
	ended := make(chan error, 1)
	rooms := o.rooms
	go func() { ended <- rooms.Run(ctx) }()
	o.t.Cleanup(func() {
		cancel()
		stop()
		if err := <-ended; err != nil {
			o.t.Error(err)
		}
	})
}

// hire enters somebody of the staff.
func (o *office) hire(number string, role wire.Role) staff.Actor {
	o.t.Helper()
	a := staff.Actor{Staff: id.New[id.Staff](o.ids), Number: number, Name: "员工" + number, Role: role, Station: o.station}
	_, err := o.db.ExecContext(o.t.Context(), `INSERT INTO staff (id, station, number, name, role, password, active, created_at)
		VALUES (?, ?, ?, ?, ?, '', 1, ?)`, a.Staff, a.Station, a.Number, a.Name, a.Role, start)
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func (o *office) come(who ...staff.Actor)  { o.move(true, who...) }
func (o *office) leave(who ...staff.Actor) { o.move(false, who...) }

func (o *office) move(online bool, who ...staff.Actor) {
	for _, a := range who {
		o.flow.PresenceChanged([]chat.Presence{{Staff: a.Staff, Station: a.Station, Online: online}})
	}
}

func (o *office) phoneOn(who member.Actor, online bool) {
	o.flow.PresenceChanged([]chat.Presence{{Member: who.Member, Online: online}})
}

// open begins the driver's conversation.
func (o *office) open(who member.Actor) wire.Thread {
	o.t.Helper()
	return must[wire.Thread](o.t)(o.flow.OpenThread(o.t.Context(), who, wire.OpenThread{Station: o.station}))
}

// opened is a conversation in anna's hand.
func (o *office) opened() wire.Thread {
	o.t.Helper()
	t := o.open(o.wang)
	return must[wire.Thread](o.t)(o.flow.Take(o.t.Context(), o.anna, o.key(), t.ID))
}

func (o *office) text(words string) wire.SendRequest {
	return wire.SendRequest{ID: id.New[id.Message](o.ids), Kind: wire.MessageText, Text: words}
}

func (o *office) say(who flow.Speaker, t id.Thread, words string) wire.Message {
	o.t.Helper()
	return must[wire.Message](o.t)(o.flow.Say(o.t.Context(), who, t, o.text(words)))
}

// snapshot reads a conversation back and holds it to stand where its channel
// does.
func (o *office) snapshot(t id.Thread) wire.ChatSnap {
	o.t.Helper()
	snap, at, err := o.flow.ChatSnapshot(o.t.Context(), t)
	if err != nil {
		o.t.Fatalf("reading thread %s: %v", t, err)
	}
	want := must[wire.Position](o.t)(o.feed.Position(o.t.Context(), o.db, wire.Chat(t)))
	if at != want {
		o.t.Fatalf("the snapshot stands at %+v, the channel at %+v", at, want)
	}
	return snap
}

// tend looks after the queues.
func (o *office) tend() {
	o.t.Helper()
	if err := o.flow.Tend(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// told is the events of a channel, in order.
func (o *office) told(ch wire.Channel) []wire.Frame {
	o.seen.Lock()
	defer o.seen.Unlock()
	var list []wire.Frame
	for _, f := range o.news {
		if f.Ch == ch {
			list = append(list, f)
		}
	}
	return list
}

// texts is what was said in a conversation, in order, events by their name.
func texts(messages []wire.Message) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = m.Text
		if m.Kind == wire.MessageEvent {
			list[i] = "<" + string(m.Event) + ">"
		}
	}
	return list
}

// hands is how much each has in hand, by number.
func (o *office) hands() map[string]int {
	o.t.Helper()
	list := must[wire.AgentList](o.t)(o.flow.Agents(o.t.Context(), o.station))
	hands := map[string]int{}
	for _, a := range list.Agents {
		hands[a.Number] = a.Active
	}
	return hands
}

// upload stores an upload as the edge would.
func (o *office) upload(owner media.Owner, content []byte) wire.Media {
	o.t.Helper()
	owner.Station = o.station
	return must[wire.Media](o.t)(o.media.Put(o.t.Context(), owner, content))
}

// admin runs a statement that the application may not.
func (o *office) admin(statement string) {
	o.t.Helper()
	var name string
	if err := o.db.GetContext(o.t.Context(), &name, "SELECT DATABASE()"); err != nil {
		o.t.Fatal(err)
	}
	root, err := mysql.OpenAdmin(o.t.Context(), mysqltest.Server(o.t).Endpoint.AdminDSN(name), mysqltest.Log(o.t))
	if err != nil {
		o.t.Fatal(err)
	}
	_, err = root.ExecContext(o.t.Context(), statement)
	if err := errors.Join(err, root.Close()); err != nil {
		o.t.Fatal(err)
	}
}

// rows counts what a query counts.
func (o *office) rows(query string, args ...any) int {
	o.t.Helper()
	var n int
	if err := o.db.GetContext(o.t.Context(), &n, query, args...); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// must fails the test on an error.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// same fails the test unless two things are written alike.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s:\n got %s\nwant %s", what, a, b)
	}
}

// body reads the body of an event.
func body[T any](t testing.TB, f wire.Frame) T {
	t.Helper()
	v, err := wire.Read[T](f.D)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// last is the last event of a kind in a channel.
func last[T any](o *office, ch wire.Channel, kind wire.Kind) T {
	o.t.Helper()
	told := o.told(ch)
	for _, f := range slices.Backward(told) {
		if f.K == kind {
			return body[T](o.t, f)
		}
	}
	o.t.Fatalf("no %s was told on %s", kind, ch)
	var none T
	return none
}
