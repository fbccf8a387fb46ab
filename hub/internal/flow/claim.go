package flow

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// rereadPlaces is how old the list of nozzles has to be before an unknown
	// code has it read again: a new nozzle is known soon, and wrong codes do
	// not keep the database busy.
	rereadPlaces = 10 * time.Second
	// longestDelivery is how long a delivery in hand is believed to run; one
	// that is older lost its end, and stands in nobody's way.
	longestDelivery = 2 * time.Hour
	// keepClaims is how long an ended claim is kept, so that a delivery that is
	// told late still finds it.
	keepClaims = time.Hour
)

// places is every nozzle's code, read from time to time, and who typed wrong
// ones.
type places struct {
	mu     sync.Mutex
	list   []claim.Place
	readAt time.Time
	misses claim.Misses
}

// ClaimNozzle says that a member stands at the nozzle with the code: the next
// delivery there is theirs, or the one that has just begun. It takes the place
// of the member's earlier claim; asked again it has the same effect.
func (f *Flow) ClaimNozzle(ctx context.Context, who member.Actor, req wire.ClaimRequest) (wire.Claim, error) {
	var none wire.Claim
	place, err := f.placeOf(ctx, who.Member, req.Code)
	if err != nil {
		return none, err
	}
	st, err := station.Load(ctx, f.DB, place.Station)
	if err != nil {
		return none, problemOf(err)
	}
	nozzles, err := station.Nozzles(ctx, f.DB, place.Station)
	if err != nil {
		return none, err
	}
	at := slices.IndexFunc(nozzles, func(n station.Nozzle) bool { return n.Number == place.Nozzle })
	if at < 0 {
		return none, wire.NewProblem(wire.ProblemNozzleCode, "the nozzle was taken away")
	}
	c, given, err := f.claim(ctx, who.Member, st, place.Nozzle)
	if err != nil {
		return none, err
	}
	return wire.Claim{
		ID: c.ID, Station: st.ID, StationName: st.Name, Nozzle: c.Nozzle, Grade: nozzles[at].Grade,
		Until: c.Until, Sale: given,
	}, nil
}

// placeOf is the nozzle with a code.
func (f *Flow) placeOf(ctx context.Context, m id.Member, code string) (claim.Place, error) {
	var none claim.Place
	now := f.now()
	p := &f.places
	if !p.misses.May(m, now) {
		return none, wire.NewProblem(wire.ProblemTooMany, "wrong nozzle codes")
	}
	p.mu.Lock()
	list, old := p.list, now.Sub(p.readAt) >= rereadPlaces
	p.mu.Unlock()
	found, ok := claim.Find(list, code)
	if !ok && old {
		list, err := f.readPlaces(ctx, now)
		if err != nil {
			return none, err
		}
		found, ok = claim.Find(list, code)
	}
	if !ok {
		p.misses.Missed(m, now)
		return none, wire.NewProblem(wire.ProblemNozzleCode, "")
	}
	return found, nil
}

func (f *Flow) readPlaces(ctx context.Context, now time.Time) ([]claim.Place, error) {
	nozzles, err := station.Places(ctx, f.DB)
	if err != nil {
		return nil, err
	}
	list := make([]claim.Place, len(nozzles))
	for i, n := range nozzles {
		list[i] = claim.At(f.Vault.MAC, n.Station, n.Number)
	}
	f.places.mu.Lock()
	defer f.places.mu.Unlock()
	f.places.list, f.places.readAt = list, now
	return list, nil
}

// claim makes the claim and returns it, and the delivery that it was spent on
// at once, if one has just begun.
func (f *Flow) claim(ctx context.Context, m id.Member, st station.Station, nozzle int) (c claim.Claim, given id.Sale, err error) {
	if err := sale.MakeChains(ctx, f.DB, st.ID, []int{nozzle}); err != nil {
		return c, given, err
	}
	for range commandTries {
		now := f.now()
		c = claim.New(id.New[id.Claim](f.IDs), st.ID, nozzle, m, now)
		var near []claim.Claim
		if near, err = claim.Near(ctx, f.DB, st.ID, nozzle, m); err != nil {
			return c, given, err
		}
		if slices.ContainsFunc(near, func(other claim.Claim) bool { return other.Member != m && other.Live(now) }) {
			return c, given, wire.NewProblem(wire.ProblemNozzleClaimed, "claimed")
		}
		given, err = f.stand(ctx, c, near, st.Name)
		if !errors.Is(err, sale.ErrChanged) && !mysql.IsDuplicate(err) {
			break
		}
	}
	return c, given, err
}

// stand stores a claim in the place of those near it, or gives its member the
// delivery that has just begun. A duplicate key says that another was faster.
func (f *Flow) stand(ctx context.Context, c claim.Claim, near []claim.Claim, name string) (given id.Sale, err error) {
	err = f.DB.InTx(ctx, "claiming a nozzle", func(ctx context.Context, tx *mysql.Tx) error {
		given = id.Sale{}
		chains, err := sale.LockChains(ctx, tx, c.Station, []int{c.Nozzle})
		if err != nil || len(chains) == 0 {
			return errors.Join(sale.ErrChanged, err)
		}
		chain := chains[0]
		if _, err := claim.Delete(ctx, tx, claimIDs(near)); err != nil {
			return err
		}
		running, err := f.running(ctx, tx, c, chain)
		if err != nil {
			return err
		}
		if err := f.Members.StillThere(ctx, tx, c.Member); err != nil {
			return err
		}
		if running == nil {
			chain.Claim = c.ID
			if err := claim.Insert(ctx, tx, c); err != nil {
				return err
			}
			tx.AfterCommit(func() { f.claimed(moved(near, c.Waiting())...) })
			return sale.SaveChains(ctx, tx, c.Station, []sale.Chain{chain})
		}
		given = running.ID
		return f.give(ctx, tx, *running, c, near, name)
	})
	return given, err
}

// running is the delivery in hand at a claim's nozzle, if the claim is for it;
// nil when the claim has to wait for the next one.
func (f *Flow) running(ctx context.Context, tx *mysql.Tx, c claim.Claim, chain sale.Chain) (*sale.Sale, error) {
	if chain.OpenSale.IsZero() {
		return nil, nil
	}
	found, err := sale.LockTold(ctx, tx, c.Station, []id.Sale{chain.OpenSale}, nil)
	if err != nil || len(found) == 0 || found[0].State != wire.SaleOpen {
		return nil, err
	}
	s := found[0]
	switch {
	case c.At.Sub(s.StartedAt) > longestDelivery:
		return nil, nil
	case s.Member == c.Member, s.Member.IsZero() && c.Takes(s.StartedAt, time.Time{}):
		return &s, nil
	}
	return nil, wire.NewProblem(wire.ProblemNozzleClaimed, "somebody else's fuel runs")
}

// give gives a delivery in hand to the claim's member, unless it is theirs.
func (f *Flow) give(ctx context.Context, tx *mysql.Tx, s sale.Sale, c claim.Claim, near []claim.Claim, name string) error {
	theirs := claim.Stand{Station: c.Station, Nozzle: c.Nozzle, Member: c.Member, Sale: s.ID}
	tx.AfterCommit(func() { f.claimed(moved(near, theirs)...) })
	if s.Member == c.Member {
		return nil
	}
	if err := sale.Give(ctx, tx, s, c.Member); err != nil {
		return err
	}
	s.Member = c.Member
	return f.tellMember(ctx, tx, s.Member, outbox.Event{Kind: wire.KindOrder, Body: s.Order(name, nil), At: c.At})
}

// moved is what the boards are told when a member comes to stand at a nozzle:
// that their waiting elsewhere is over, and where they are now.
func moved(near []claim.Claim, to claim.Stand) []claim.Stand {
	var stands []claim.Stand
	for _, c := range near {
		if c.Member == to.Member && (c.Station != to.Station || c.Nozzle != to.Nozzle) {
			left := c.Waiting()
			left.Over = true
			stands = append(stands, left)
		}
	}
	return append(stands, to)
}

func claimIDs(claims []claim.Claim) []id.Claim {
	ids := make([]id.Claim, len(claims))
	for i, c := range claims {
		ids[i] = c.ID
	}
	return ids
}

// tellMember writes an event of a member's own channel; for nobody it writes
// none.
func (f *Flow) tellMember(ctx context.Context, tx *mysql.Tx, m id.Member, e outbox.Event) error {
	if m.IsZero() {
		return nil
	}
	return outbox.Append(ctx, tx, f.Feed, wire.DriverOf(m), e)
}

// nameFor is the name of a sale's station, for the member it belongs to; empty
// if it is nobody's.
func (f *Flow) nameFor(ctx context.Context, s sale.Sale) (string, error) {
	if s.Member.IsZero() {
		return "", nil
	}
	st, err := station.Load(ctx, f.DB, s.Station)
	return st.Name, err
}

// NozzleCodes is the code of every nozzle of a station, by number: what its
// stickers say.
func (f *Flow) NozzleCodes(ctx context.Context, at id.Station) (map[int]string, error) {
	nozzles, err := station.Nozzles(ctx, f.DB, at)
	codes := make(map[int]string, len(nozzles))
	for _, n := range nozzles {
		codes[n.Number] = claim.At(f.Vault.MAC, at, n.Number).Code
	}
	return codes, err
}

// LiveClaims is who stands at a station's nozzles: the members who wait, and
// those whose delivery runs.
func (f *Flow) LiveClaims(ctx context.Context, at id.Station) ([]claim.Stand, error) {
	var stands []claim.Stand
	err := f.read(ctx, "reading who stands where", func(ctx context.Context, q reader) (err error) {
		stands, err = standing(ctx, q, at, f.now())
		return err
	})
	return stands, err
}

func standing(ctx context.Context, q sqlx.QueryerContext, at id.Station, now time.Time) ([]claim.Stand, error) {
	var stands []claim.Stand
	waiting, err := claim.Live(ctx, q, at, now)
	if err != nil {
		return nil, err
	}
	for _, c := range waiting {
		stands = append(stands, c.Waiting())
	}
	running, err := sale.Deliveries(ctx, q, at)
	for _, d := range running {
		stands = append(stands, claim.Stand{Station: at, Nozzle: d.Nozzle, Member: d.Member, Sale: d.Sale})
	}
	return stands, err
}

// PruneClaims forgets claims that ended long ago without a delivery and counts
// them.
func (f *Flow) PruneClaims(ctx context.Context) (int64, error) {
	return claim.Prune(ctx, f.DB, f.now().Add(-keepClaims), upkeepBatch)
}
