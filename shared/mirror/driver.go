package mirror

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MaxNotices bounds the notices that a Driver holds: the last ones. A snapshot
// brings none and leaves those that came.
const MaxNotices = 20

// Driver is one member's own affairs: the fold of channel driver/ID. It holds
// wire.MaxThreadsInSnap conversations, the open ones and those with the last
// messages, and the newest wire.MaxOrdersInSnap orders.
type Driver struct {
	place
	member   wire.Member
	threads  map[id.Thread]wire.Thread
	orders   map[id.Sale]wire.Order
	notices  []wire.Notice
	fuelling *wire.Fuelling
	ran      uint64 // the event that fuelling is not older than
}

// NewDriver makes an empty Driver that waits for its first snapshot.
func NewDriver() *Driver {
	return &Driver{threads: map[id.Thread]wire.Thread{}, orders: map[id.Sale]wire.Order{}}
}

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Driver) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "driver") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindThread:
		return event(&m.place, f, m.setThread)
	case wire.KindOrder:
		return event(&m.place, f, m.setOrder)
	case wire.KindNotice:
		return event(&m.place, f, m.notice)
	case wire.KindFuelling:
		return m.setFuelling(f)
	}
	return Change{}, m.unknown(f)
}

func (m *Driver) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.DriverSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: driver snapshot: %w", err)
	}
	m.begin(f)
	m.member, m.fuelling, m.ran = snap.Member, snap.Fuelling, f.Seq
	clear(m.threads)
	for _, t := range snap.Threads {
		m.threads[t.ID] = t
	}
	clear(m.orders)
	for _, o := range snap.Orders {
		m.orders[o.Sale] = o
	}
	m.evict()
	return Change{All: true}, nil
}

func (m *Driver) setThread(t wire.Thread) Change {
	m.threads[t.ID] = t
	threads, _ := m.evict()
	return Change{Threads: without([]id.Thread{t.ID}, threads)}
}

// setOrder takes an order; one that is over ends the running figures.
func (m *Driver) setOrder(o wire.Order) Change {
	m.orders[o.Sale] = o
	_, gone := m.evict()
	c := Change{Orders: without([]id.Sale{o.Sale}, gone)}
	if o.State != wire.SaleOpen && m.fuelling != nil && m.fuelling.Sale == o.Sale {
		m.fuelling, m.ran = nil, m.seq
		c.Fuelling = true
	}
	return c
}

// without is what changed and what left the list, each once.
func without[I comparable](changed, gone []I) []I {
	for _, g := range gone {
		if !slices.Contains(changed, g) {
			changed = append(changed, g)
		}
	}
	return changed
}

// evict forgets the oldest orders, and the oldest closed conversations, beyond
// the bounds.
func (m *Driver) evict() (threads []id.Thread, orders []id.Sale) {
	for _, t := range slices.Backward(m.Threads()) {
		if len(m.threads) > wire.MaxThreadsInSnap && t.State == wire.ThreadClosed {
			delete(m.threads, t.ID)
			threads = append(threads, t.ID)
		}
	}
	if list := m.Orders(); len(list) > wire.MaxOrdersInSnap {
		for _, o := range list[wire.MaxOrdersInSnap:] {
			delete(m.orders, o.Sale)
			orders = append(orders, o.Sale)
		}
	}
	return threads, orders
}

func (m *Driver) notice(n wire.Notice) Change {
	m.notices = append(m.notices, n)
	m.notices = slices.Delete(m.notices, 0, max(0, len(m.notices)-MaxNotices))
	return Change{Notices: []id.Notice{n.ID}}
}

// setFuelling takes running figures, unless they were made before the order
// that ended the delivery. Those that carry no number, as a board sends them
// that does not know the member's events, come in the order they were made.
func (m *Driver) setFuelling(f wire.Frame) (Change, error) {
	run, err := wire.Read[wire.Fuelling](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: fuelling: %w", err)
	}
	if !m.Started() || f.Seq != 0 && f.Seq < m.ran {
		return Change{}, nil
	}
	m.ran = max(m.ran, f.Seq)
	if ended, ok := m.orders[run.Sale]; run.Over || ok && ended.State != wire.SaleOpen {
		if m.fuelling == nil {
			return Change{}, nil
		}
		m.fuelling = nil
		return Change{Fuelling: true}, nil
	}
	m.fuelling = &run
	return Change{Fuelling: true}, nil
}

// Member is the driver.
func (m *Driver) Member() wire.Member {
	member := m.member
	member.Vehicles = slices.Clone(member.Vehicles)
	return member
}

// Threads lists the conversations, the one with the last message first.
func (m *Driver) Threads() []wire.Thread {
	list := make([]wire.Thread, 0, len(m.threads))
	for _, t := range m.threads {
		list = append(list, copiedThread(t))
	}
	slices.SortFunc(list, func(a, b wire.Thread) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), bytes.Compare(b.ID[:], a.ID[:]))
	})
	return list
}

// Orders lists the orders, newest first.
func (m *Driver) Orders() []wire.Order {
	list := make([]wire.Order, 0, len(m.orders))
	for _, o := range m.orders {
		if o.Trip != nil {
			noted := *o.Trip
			o.Trip = &noted
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b wire.Order) int { return olderID(b.Sale, a.Sale) })
	return list
}

// Notices lists what the member was told, oldest first.
func (m *Driver) Notices() []wire.Notice { return slices.Clone(m.notices) }

// Fuelling is the delivery on the member's nozzle; false if there is none.
func (m *Driver) Fuelling() (wire.Fuelling, bool) {
	if m.fuelling == nil {
		return wire.Fuelling{}, false
	}
	return *m.fuelling, true
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Driver) Snap() wire.DriverSnap {
	snap := wire.DriverSnap{Member: m.Member(), Threads: m.Threads(), Orders: m.Orders()}
	if run, ok := m.Fuelling(); ok {
		snap.Fuelling = &run
	}
	return snap
}
