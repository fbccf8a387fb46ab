// Package till is the cashier's side of the hub: it signs in, follows the
// live channels, sends commands and keeps those that must not be lost.
//
// # What it promises
//
//   - A command has its id, and a command that settles a sale is on the disk
//     under it, before it is first sent. Until its end is known it is sent
//     again with the same id: after a lost answer, a lost connection, a crash.
//   - A command that settles a sale and was left unknown by somebody else is
//     not sent again in another person's name: the sale itself is asked.
//   - A message is on the disk under its own id, with the picture or recording
//     it carries, before it is first sent. The messages of one conversation go
//     out one after another; each is sent again with the same id until the hub
//     has it or refuses it, after a crash or a long outage as well, but not in
//     another person's name, and not when it has become older than mailLives.
//   - A hand on a pump is not kept: it is tried for HandPatience and then
//     given up, in words. A later hand on the same nozzle ends an earlier one.
//   - Everything that happens comes back as an event, never as a call into
//     the screen; Do never blocks on the network.
package till

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

const (
	// HandPatience is how long a hand on a pump is tried.
	HandPatience = 10 * time.Second
	// unknownAfter is how long an answer may take before the screen says
	// that it is waiting for one.
	unknownAfter = 3 * time.Second
	// firstWait and longestWait bound the pause before a command is sent again.
	firstWait   = 250 * time.Millisecond
	longestWait = 5 * time.Second
	// salesPage is how many sales are read at a time.
	salesPage = 60
	// arrives is how long a command may still be on its way to the hub after
	// it was given: far beyond every timeout of a call.
	arrives = 2 * time.Minute
)

// Hub is what a till asks of the hub; *link.Client is one.
type Hub interface {
	Login(context.Context, wire.LoginRequest) (wire.Session, error)
	Logout(context.Context) error
	Pay(context.Context, id.Command, id.Sale, wire.PayRequest) (wire.Sale, error)
	Resolve(context.Context, id.Command, id.Sale, wire.ResolveRequest) (wire.Sale, error)
	Authorize(context.Context, id.Command, int, wire.AuthorizeRequest) (wire.Authorization, error)
	SetHold(context.Context, id.Command, int, wire.HoldRequest) (wire.Done, error)
	SetHoldAll(context.Context, id.Command, wire.HoldRequest) (wire.Done, error)
	SetPrices(context.Context, id.Command, wire.PriceRequest) (wire.Done, error)
	CountQueue(context.Context, id.Command, wire.QueueCount) (wire.Queue, error)
	Sales(context.Context, link.SaleQuery) (wire.SaleList, error)
	Sale(context.Context, id.Sale) (wire.Sale, error)
	Support
	Office
}

// Support is what a till asks of the hub for those who answer drivers.
type Support interface {
	Say(context.Context, id.Thread, wire.SendRequest) (wire.Message, error)
	Messages(ctx context.Context, t id.Thread, before uint64, limit int) (wire.MessageList, error)
	ReadUpTo(context.Context, id.Thread, wire.ReadRequest) (wire.Thread, error)
	Take(context.Context, id.Command, id.Thread) (wire.Thread, error)
	Transfer(context.Context, id.Command, id.Thread, wire.TransferRequest) (wire.Thread, error)
	CloseThread(context.Context, id.Command, id.Thread) (wire.Thread, error)
	ReopenThread(context.Context, id.Command, id.Thread) (wire.Thread, error)
	SetDuty(context.Context, wire.DutyRequest) (wire.AgentList, error)
	Upload(ctx context.Context, t id.Thread, name string, content []byte) (wire.Media, error)
	MediaLink(context.Context, id.Media) (wire.MediaLink, error)
	Fetch(ctx context.Context, url string, limit int64) ([]byte, error)
	MemberCard(context.Context, id.Thread) (wire.MemberCard, error)
	Fee(context.Context, id.Thread, id.Sale) (wire.Fee, error)
}

// Stream is the live socket; *link.Live is one.
type Stream interface {
	Run(context.Context) error
	Resync(wire.Channel)
	Join(wire.Channel) error
	Leave(wire.Channel)
	Typing(id.Thread)
}

// Options are what a till works with. All are required but Speaker and
// Microphone.
type Options struct {
	Hub    Hub
	Stream func(link.LiveOptions) Stream
	Store  *Store
	IDs    *id.Maker
	Now    func() time.Time
	Random io.Reader
	Player Player
	// Speaker plays recordings of conversations, Microphone makes them; nil on
	// a machine that has no program for it.
	Speaker    Speaker
	Microphone Microphone
	Log        *slog.Logger
	// Events takes what the state records: one line for everything that
	// happens at the till, for scripts to look at.
	Events *slog.Logger
	// Post takes an event; it is called from many goroutines.
	Post func(desk.Event)
}

// Till carries out what the screen's state asks for.
type Till struct {
	Options
	background context.Context
	stop       context.CancelFunc
	running    sync.WaitGroup
	media      *cache

	mu      sync.Mutex
	session *session
}

// session is what lives between signing in and out.
type session struct {
	opened wire.Session
	ctx    context.Context
	cancel context.CancelFunc
	stream Stream                        // nil while something has to be done first
	hands  map[string]context.CancelFunc // the latest hand on each nozzle
	lanes  map[id.Thread][]desk.Command  // messages on their way, by conversation
	reads  map[id.Thread]uint64          // read marks that wait for their turn
	images chan struct{}                 // a place for each picture being read
	voice  context.CancelFunc            // ends the recording that is played
	taping *taping                       // the microphone at work
}

// New makes a till that nobody is signed in to.
func New(o Options) *Till {
	ctx, cancel := context.WithCancel(context.Background())
	return &Till{Options: o, background: ctx, stop: cancel, media: newCache(maxCached)}
}

// Close ends everything and waits for it. Saved commands stay saved.
func (t *Till) Close() {
	t.stop()
	t.mu.Lock()
	t.endSession()
	t.mu.Unlock()
	t.running.Wait()
}

// Do carries out one effect; it returns at once.
func (t *Till) Do(e desk.Effect) {
	switch e := e.(type) {
	case desk.Login:
		t.inBackground(func(ctx context.Context) { t.login(ctx, e) })
	case desk.Logout:
		t.logout()
	case desk.Send:
		t.send(e.Command)
	case desk.FetchSales:
		t.inSession(func(ctx context.Context) { t.fetchSales(ctx, e.Before) })
	case desk.Resync:
		t.resync(e.Channel)
	case desk.SavePrefs:
		if err := t.Store.SavePrefs(e.Prefs); err != nil {
			t.Log.Error("settings not saved", "error", err)
		}
	case desk.Play:
		t.Player.Play(e.Sound)
	case desk.Record:
		t.Events.Info(e.What, e.Args...)
	default:
		t.doChat(e)
	}
}

// inBackground runs fn until the till closes.
func (t *Till) inBackground(fn func(context.Context)) {
	t.running.Go(func() { fn(t.background) })
}

// inSession runs fn while someone is signed in; nobody is: it is not run.
func (t *Till) inSession(fn func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.session; s != nil {
		t.running.Go(func() { fn(s.ctx) })
	}
}

func (t *Till) login(ctx context.Context, e desk.Login) {
	opened, err := t.Hub.Login(ctx, wire.LoginRequest{Number: e.Number, Password: e.Password, Code: e.Code})
	if err != nil {
		if ctx.Err() == nil {
			t.Log.Info("login failed", "error", err)
			t.Post(desk.SignInFailed{Problem: problemOf(err)})
		}
		return
	}
	t.Post(desk.SignedIn{Session: opened})
	t.begin(opened)
}

// begin opens the session. The hub is good for nothing but the person's own
// account while something has to be done first; otherwise the till goes live.
func (t *Till) begin(opened wire.Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endSession()
	ctx, cancel := context.WithCancel(t.background)
	s := &session{
		opened: opened, ctx: ctx, cancel: cancel, hands: map[string]context.CancelFunc{}, lanes: map[id.Thread][]desk.Command{},
		reads: map[id.Thread]uint64{}, images: make(chan struct{}, maxImagesAtOnce),
	}
	t.session = s
	if len(opened.Must) == 0 {
		t.goLive(s)
	}
}

// proceed goes on with a session that had something to do first.
func (t *Till) proceed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.session; s != nil && s.stream == nil {
		t.goLive(s)
	}
}

// goLive follows the station's channels and asks again for every command whose
// end an earlier run, or an earlier session, did not learn; the caller holds
// the lock.
func (t *Till) goLive(s *session) {
	ctx, opened := s.ctx, s.opened
	s.stream = t.Stream(link.LiveOptions{Channels: channels(opened), Handler: &follower{ctx: ctx, post: t.Post}})
	t.running.Go(func() { t.follow(s) })
	if opened.Role == wire.RoleAttendant {
		return // may not look at sales: what is unknown waits for somebody who may
	}
	saved, err := t.Store.Commands()
	if err != nil {
		t.Log.Error("saved commands not read", "error", err)
	}
	for _, c := range saved {
		t.Log.Info("asking again for a saved command", "key", c.Key, "kind", string(c.Kind))
		t.Post(desk.Sent{Command: c})
		t.Post(desk.Unknown{Command: c})
		if c.Staff == opened.Number {
			t.running.Go(func() { t.pursue(ctx, c) })
		} else {
			t.running.Go(func() { t.inquire(ctx, c) })
		}
	}
	t.resumeMail(s, opened)
}

// channels are those that a person follows from signing in.
func channels(opened wire.Session) []wire.Channel {
	list := []wire.Channel{wire.Forecourt(opened.Station)}
	if opened.Role == wire.RoleAttendant {
		return append(list, wire.PostOf(opened.Staff))
	}
	list = append(list, wire.Desk(opened.Station))
	if answers(opened.Role) {
		list = append(list, wire.Support(opened.Station))
	}
	if leads(opened.Role) {
		list = append(list, wire.Security(opened.Station))
	}
	return list
}

// leads reports whether a role is head at the station, answers whether it
// answers drivers.
func leads(r wire.Role) bool   { return r == wire.RoleHead || r == wire.RoleGroup }
func answers(r wire.Role) bool { return leads(r) || r == wire.RoleAgent }

// follow runs the live socket to its end.
func (t *Till) follow(s *session) {
	err := s.stream.Run(s.ctx)
	if terminal := (*link.TerminalError)(nil); errors.As(err, &terminal) && s.ctx.Err() == nil {
		t.Post(desk.Lost{Reason: terminal.Error(), Final: true, Code: terminal.Code})
	}
}

func (t *Till) logout() {
	t.mu.Lock()
	t.endSession()
	t.mu.Unlock()
	t.inBackground(func(ctx context.Context) {
		if err := t.Hub.Logout(ctx); err != nil && ctx.Err() == nil {
			t.Log.Info("logout not told to the hub", "error", err)
		}
	})
}

// endSession stops what belongs to the session; the caller holds the lock.
func (t *Till) endSession() {
	if t.session != nil {
		t.session.cancel()
		t.session = nil
	}
}

func (t *Till) resync(ch wire.Channel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session != nil && t.session.stream != nil {
		t.session.stream.Resync(ch)
	}
}

func (t *Till) fetchSales(ctx context.Context, before id.Sale) {
	list, err := t.Hub.Sales(ctx, link.SaleQuery{Before: before, Limit: salesPage})
	switch {
	case ctx.Err() != nil:
	case err != nil:
		t.Log.Info("sales not read", "error", err)
		t.Post(desk.SalesFailed{Problem: problemOf(err)})
	default:
		t.Post(desk.SalesLoaded{List: list, Before: before})
	}
}

// problemOf is the hub's refusal in an error, or nil when there was no answer.
func problemOf(err error) *wire.Problem {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// follower turns what the socket tells into events, while its session lasts.
type follower struct {
	ctx  context.Context
	post func(desk.Event)
}

// Connected says that the hub welcomed us.
func (f *follower) Connected(w wire.Welcome) { f.tell(desk.Connected{Welcome: w}) }

// Frame hands on one frame; a channel that is not, or no longer, followed is
// an event of its own.
func (f *follower) Frame(frame wire.Frame) {
	if frame.K != wire.KindRefused {
		f.tell(desk.Arrived{Frame: frame})
		return
	}
	refused := desk.ChannelRefused{Channel: frame.Ch}
	if problem, err := wire.Read[wire.Problem](frame.D); err == nil {
		refused.Problem = &problem
	}
	f.tell(refused)
}

// Lost says that there is no connection.
func (f *follower) Lost(err error) {
	e := desk.Lost{Reason: err.Error()}
	if terminal := (*link.TerminalError)(nil); errors.As(err, &terminal) {
		e.Final, e.Code = true, terminal.Code
	}
	f.tell(e)
}

func (f *follower) tell(e desk.Event) {
	if f.ctx.Err() == nil {
		f.post(e)
	}
}
