package line

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/journal"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// fakeDriver is a device with a few points that can be made to misbehave. A
// point that is not there costs the line its time-out.
type fakeDriver struct {
	mu       sync.Mutex
	points   map[driver.Point]*fakePoint
	broken   bool
	stopAll  int
	released []driver.Sale
	order    []string
	store    func(context.Context, driver.Point, driver.Sale) error
}

type fakePoint struct {
	there   bool
	garbled bool
	reading driver.Reading
	total   unit.Millilitre
	price   unit.FenPerLitre
	looks   int
	orders  int
	stops   int
}

func newFakeDriver(points ...driver.Point) *fakeDriver {
	d := &fakeDriver{points: map[driver.Point]*fakePoint{}}
	for _, p := range points {
		d.points[p] = &fakePoint{there: true, reading: driver.Reading{State: driver.Idle}, total: 1_000_000, price: 750}
	}
	return d
}

// with changes a point under the lock.
func (d *fakeDriver) with(p driver.Point, change func(*fakePoint)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d.points[p])
}

const (
	fakeAnswer  = 10 * time.Millisecond
	fakeTimeout = 60 * time.Millisecond
)

// spend takes line time.
func spend(ctx context.Context, d time.Duration) error {
	if !rest(ctx, d) {
		return driver.ErrNoAnswer
	}
	return nil
}

func (d *fakeDriver) ask(ctx context.Context, p driver.Point) (*fakePoint, error) {
	d.mu.Lock()
	broken, v := d.broken, d.points[p]
	there, garbled := v.there, v.garbled
	d.mu.Unlock()
	switch {
	case broken:
		return nil, driver.ErrLine
	case !there:
		_ = spend(ctx, fakeTimeout)
		return nil, driver.ErrNoAnswer
	case garbled:
		_ = spend(ctx, fakeAnswer)
		return nil, driver.ErrGarbled
	}
	return v, spend(ctx, fakeAnswer)
}

func (d *fakeDriver) Points() []driver.Point { return nil }
func (d *fakeDriver) Close() error           { return nil }

func (d *fakeDriver) Poll(ctx context.Context, p driver.Point) (driver.Reading, error) {
	v, err := d.ask(ctx, p)
	if err != nil {
		return driver.Reading{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v.looks++
	r := v.reading
	r.Finished = slices.Clone(r.Finished)
	return r, nil
}

func (d *fakeDriver) Release(ctx context.Context, p driver.Point, s driver.Sale) error {
	v, err := d.ask(ctx, p)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = append(d.released, s)
	d.order = append(d.order, "release")
	v.reading = driver.Reading{State: driver.Idle}
	return nil
}

func (d *fakeDriver) Authorize(ctx context.Context, p driver.Point, o driver.Order) error {
	v, err := d.ask(ctx, p)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v.orders++
	d.order = append(d.order, "authorize")
	v.reading.State = driver.Authorized
	return nil
}

func (d *fakeDriver) Stop(ctx context.Context, p driver.Point) error {
	v, err := d.ask(ctx, p)
	if err == nil {
		d.mu.Lock()
		v.stops++
		d.mu.Unlock()
	}
	return err
}

func (d *fakeDriver) StopAll(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopAll++
	return nil
}

func (d *fakeDriver) SetPrices(ctx context.Context, p driver.Point, prices []unit.FenPerLitre) error {
	v, err := d.ask(ctx, p)
	if err == nil {
		v.price = prices[0]
	}
	return err
}

func (d *fakeDriver) ReadPrices(ctx context.Context, p driver.Point) ([]unit.FenPerLitre, error) {
	v, err := d.ask(ctx, p)
	if err != nil {
		return nil, err
	}
	return []unit.FenPerLitre{v.price}, nil
}

func (d *fakeDriver) ReadTotal(ctx context.Context, p driver.Point, _ int) (unit.Millilitre, error) {
	v, err := d.ask(ctx, p)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return v.total, nil
}

func (d *fakeDriver) OnUpload(store func(context.Context, driver.Point, driver.Sale) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store = store
}

// fakeJournal keeps everything in memory and says in which order things came.
type fakeJournal struct {
	mu     sync.Mutex
	driver *fakeDriver
	facts  []journal.Fact
	locals map[string]json.RawMessage
	full   bool
	fails  bool
}

var errDisk = errors.New("disk failed on purpose")

func (j *fakeJournal) Append(b journal.Batch) ([]journal.Fact, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails {
		return nil, errDisk
	}
	for i, f := range b.Facts {
		b.Facts[i].Seq = uint64(len(j.facts) + 1)
		j.facts = append(j.facts, b.Facts[i])
		j.driver.mu.Lock()
		j.driver.order = append(j.driver.order, string(f.Kind))
		j.driver.mu.Unlock()
	}
	for name, v := range b.Save {
		j.locals[name] = v
	}
	return b.Facts, nil
}

func (j *fakeJournal) Room() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		return journal.ErrFull
	}
	return nil
}

func (j *fakeJournal) Local(name string) (json.RawMessage, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	v, ok := j.locals[name]
	return v, ok
}

func (j *fakeJournal) set(full, fails bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.full, j.fails = full, fails
}

// kinds lists the kinds of the facts so far.
func (j *fakeJournal) kinds() (list []wire.Kind) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		list = append(list, f.Kind)
	}
	return list
}

// fakeMeter counts in memory.
type fakeMeter struct {
	mu                      sync.Mutex
	looked, missed, garbled int
}

func (m *fakeMeter) count(n *int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*n++
}

func (m *fakeMeter) Looked(string)       { m.count(&m.looked) }
func (m *fakeMeter) Missed(string)       { m.count(&m.missed) }
func (m *fakeMeter) Garbled(string)      { m.count(&m.garbled) }
func (m *fakeMeter) Journaled(wire.Kind) {}
