// Package flow joins the domains: every step that touches more than one of
// them is a function here, and is one transaction.
//
// # What it promises
//
//   - A fact of a device is taken once, in order, and acknowledged after the
//     commit (TakeFacts). Bad figures never reject a fact: they quarantine the
//     sale. So a journal never gets stuck behind one.
//   - A command of a person takes effect once. Its id is its key: a repeat gets
//     the first result, the same key with another request is refused. Refusals
//     are *wire.Problem and change nothing; they are not kept.
//   - Every change of a sale, a price or a proof is an event of the station's
//     desk channel, written by the transaction that made it true.
//   - Whoever changes what pumpd should make true has the functions of OnWant
//     called after the commit; who is at a nozzle, those of OnClaim; who may
//     follow a conversation, those of OnPartiesChanged.
//   - A message of a conversation is acknowledged after the commit that holds
//     it, its number and its events. Its id is its key, as a command's.
//
// # Lock order
//
// Every transaction locks in this order and skips what it does not need: the
// position of a device's journal, chains by nozzle, claims by id, accounts by
// id, sales, how they ran, and payments, members' habits by member (sums, then grades, then
// times), nozzles by number, the station, its segments and offers, who answers there, a
// conversation's row, its messages, uploads and notices, the member's row and
// what hangs on it, replies kept ready and support's settings, alerts, the audit
// log, the results of commands, and last the channels' counters in ascending
// order of their names (chat, desk, driver, security, support). A note beside a
// sale hangs on its member's row; whoever holds its sale may lock it at any
// time: others who have it hold the sale as well, or wait for nothing more. What is decided
// by a read is read outside the transaction and guarded by a conditional UPDATE
// inside it, or read with a lock.
package flow

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/domain/trip"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Deps is what a Flow works with.
type Deps struct {
	DB   *mysql.DB
	Feed *outbox.Feed
	Now  func() time.Time
	IDs  *id.Maker
	Log  *slog.Logger

	// What follows serves drivers and conversations; sales do without.

	// Vault is the house's keys, Keys those of members: they seal what is said.
	Vault *vault.Vault
	Keys  *keyring.Ring
	// Staff is who works at the stations; without it nobody has a post.
	Staff *staff.Store
	// Members, Notices and Media are who asks, what they are told while away,
	// and what they send; Notifier takes notices out of the house.
	Members  *member.Store
	Notices  *notice.Store
	Notifier notice.Notifier
	Media    *media.Store
	// Rooms holds the live conversations, and who is there.
	Rooms *chat.Rooms
	// Words judges what may be said. Speaking tells it by the context who says
	// it, as WeChat knows them; nil if it does not want to know.
	Words    chat.Checker
	Speaking func(ctx context.Context, openID string) context.Context
	// Sealer keeps the security log; it is asked how well.
	Sealer *audit.Sealer
}

// Flow runs the steps. It is safe for concurrent use.
type Flow struct {
	Deps

	mu    sync.Mutex
	lanes map[id.Station]*lane
	hooks hooks

	counts counts
	chat   *conversations
	trips  *trip.Store
	places places
	guards guards
}

// hooks is who is told of what, after its commit.
type hooks struct {
	wants   []func(id.Station)
	claims  []func(claim.Stand)
	parties []func(id.Thread)
	erased  []func(id.Member, []id.Thread)
	sites   []func(s id.Station, name string)
	// view and count are asked of the boards: what every driver sees of a
	// station, and to keep how many cars wait there.
	view  func(context.Context, id.Station) (wire.StationSnap, time.Time, error)
	count func(context.Context, id.Station, int) (wire.Queue, error)
	// fuelling is asked, not told: what a member at a nozzle sees.
	fuelling func(context.Context, id.Member) *wire.Fuelling
}

// New makes a Flow.
func New(d Deps) *Flow {
	f := &Flow{Deps: d, lanes: map[id.Station]*lane{}, chat: newConversations(d), trips: &trip.Store{Keys: d.Keys}}
	if d.Rooms != nil {
		d.Rooms.From(source{f})
	}
	return f
}

// counts is the Flow's counters.
type counts struct {
	facts, sales, duplicates, quarantined, missing, payments atomic.Uint64
}

// Counts is what a Flow has done since it was made.
type Counts struct {
	// Facts and Sales count facts taken and sales judged.
	Facts, Sales uint64
	// Duplicates counts deliveries that were told again and had no effect.
	Duplicates uint64
	// Quarantined and Missing count the sales that came to be so.
	Quarantined, Missing uint64
	// Payments counts payments taken.
	Payments uint64
}

// Counts reads the counters.
func (f *Flow) Counts() Counts {
	c := &f.counts
	return Counts{
		Facts: c.facts.Load(), Sales: c.sales.Load(), Duplicates: c.duplicates.Load(),
		Quarantined: c.quarantined.Load(), Missing: c.missing.Load(), Payments: c.payments.Load(),
	}
}

// OnWant has fn called with the station after every commit that changed what
// pumpd should make true there. fn must not block. Call it before the Flow is
// used.
func (f *Flow) OnWant(fn func(id.Station)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.wants = append(f.hooks.wants, fn)
}

// OnClaim has fn called after every commit that changed which member stands at
// a nozzle, or whose delivery runs there. fn must not block. Call it before the
// Flow is used.
func (f *Flow) OnClaim(fn func(claim.Stand)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.claims = append(f.hooks.claims, fn)
}

// OnPartiesChanged has fn called after every commit that changed which agent
// has a conversation, so that who is no longer a party follows it no more. fn
// must not block. Call it before the Flow is used.
func (f *Flow) OnPartiesChanged(fn func(t id.Thread)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.parties = append(f.hooks.parties, fn)
}

// wanted calls the functions of OnWant.
func (f *Flow) wanted(s id.Station) {
	f.mu.Lock()
	fns := f.hooks.wants
	f.mu.Unlock()
	for _, fn := range fns {
		fn(s)
	}
}

// claimed calls the functions of OnClaim.
func (f *Flow) claimed(stands ...claim.Stand) {
	f.mu.Lock()
	fns := f.hooks.claims
	f.mu.Unlock()
	for _, s := range stands {
		for _, fn := range fns {
			fn(s)
		}
	}
}

// partiesChanged calls the functions of OnPartiesChanged.
func (f *Flow) partiesChanged(t id.Thread) {
	f.mu.Lock()
	fns := f.hooks.parties
	f.mu.Unlock()
	for _, fn := range fns {
		fn(t)
	}
}

// now is the clock, as the database keeps times.
func (f *Flow) now() time.Time { return moment(f.Now()) }

// moment is t in UTC, to the millisecond and never rounded up.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Want is what should be true of the station's nozzles now, of one moment.
func (f *Flow) Want(ctx context.Context, s id.Station) (wire.Want, error) {
	var want wire.Want
	err := f.read(ctx, "reading what is wanted", func(ctx context.Context, q reader) error {
		st, err := station.Load(ctx, q, s)
		if err != nil {
			return err
		}
		nozzles, err := station.Nozzles(ctx, q, s)
		if err != nil {
			return err
		}
		prices, err := station.PricesOf(ctx, q, s, st.PriceSet)
		want = station.Want(st, nozzles, prices, f.now())
		return err
	})
	return want, err
}

// Nozzles lists the station's nozzles by number.
func (f *Flow) Nozzles(ctx context.Context, s id.Station) ([]station.Nozzle, error) {
	return station.Nozzles(ctx, f.DB, s)
}

// problemOf turns an error of the station's domain into what a person is told.
func problemOf(err error) error {
	if errors.Is(err, station.ErrNone) {
		return wire.NewProblem(wire.ProblemNotFound, err.Error())
	}
	return err
}
