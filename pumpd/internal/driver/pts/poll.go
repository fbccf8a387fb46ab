package pts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"forecourt/pumpd/internal/driver"
)

const (
	// pumpsPerMessage keeps a look at all pumps within MaxTokens: a request
	// for one pump is nine tokens, the envelope five.
	pumpsPerMessage = 60
	// maxDelayed is how many delayed answers in a row may stand in for a
	// pump's status before it counts as unreadable.
	maxDelayed = 4
)

// Poll looks at one pump. The first Poll of a cycle looks at all of them with
// one message; the others answer from that look while it is fresh, each once.
func (d *Driver) Poll(ctx context.Context, p driver.Point) (driver.Reading, error) {
	m, err := d.pump(p)
	if err != nil {
		return driver.Reading{}, err
	}
	if err := ctx.Err(); err != nil {
		return driver.Reading{}, fmt.Errorf("%w: %w", driver.ErrNoAnswer, err)
	}
	s, err := d.look(ctx, p)
	if err != nil {
		return driver.Reading{}, err
	}
	if d.known.fault != "" {
		return driver.Reading{State: driver.Inoperative, Fault: d.known.fault}, nil
	}
	if s.fault != "" {
		return driver.Reading{State: driver.Inoperative, Fault: s.fault}, nil
	}
	return d.reading(ctx, p, m, s.status)
}

// look takes the pump's sighting, making new ones if it is stale or spent.
func (d *Driver) look(ctx context.Context, p driver.Point) (sighting, error) {
	s, ok := d.seen[p]
	if !ok || d.cfg.Now().Sub(s.at) > d.cfg.Timings.Fresh {
		d.lookAtAll(ctx)
		s = d.seen[p]
	}
	delete(d.seen, p)
	return s, s.err
}

// lookAtAll fills the sightings of all pumps, with what went wrong if so: the
// other pumps of a silent controller need not wait for it again.
func (d *Driver) lookAtAll(ctx context.Context) {
	unknown := d.identify(ctx)
	for group := range slices.Chunk(d.Points(), pumpsPerMessage) {
		err := unknown
		if err == nil {
			err = d.lookAt(ctx, group)
		}
		if err == nil {
			continue
		}
		for _, p := range group {
			d.seen[p] = sighting{err: err, at: d.cfg.Now()}
		}
	}
}

// lookAt asks for the status of some pumps. A delayed answer stands in for a
// status once; that pump is asked again.
func (d *Driver) lookAt(ctx context.Context, points []driver.Point) error {
	for range maxDelayed {
		asks := make([]ask, len(points))
		for i, p := range points {
			asks[i] = ask{"PumpGetStatus", pumpData{p}}
		}
		answers, err := d.request(ctx, asks...)
		if err != nil {
			return err
		}
		var again []driver.Point
		for i, p := range points {
			if answers[i] != nil && d.noteDelayed(p, answers[i]) {
				again = append(again, p)
				continue
			}
			d.seen[p] = d.sight(p, answers[i])
		}
		if len(again) == 0 {
			return nil
		}
		points = again
	}
	for _, p := range points {
		d.seen[p] = sighting{err: fmt.Errorf("%w: pump %d shows no status", driver.ErrGarbled, p), at: d.cfg.Now()}
	}
	return nil
}

// noteDelayed reports whether a packet is a delayed answer instead of a
// status. One that nobody waits for any more is thrown away.
func (d *Driver) noteDelayed(p driver.Point, answer Packet) bool {
	if answer.Failed() || isStatus(answer.Type()) {
		return false
	}
	d.pumps[p].owed = false
	d.log.Debug("delayed answer nobody waits for", "pump", p, "type", answer.Type())
	return true
}

// sight reads one pump's status packet.
func (d *Driver) sight(p driver.Point, answer Packet) sighting {
	s := sighting{at: d.cfg.Now()}
	switch {
	case answer == nil:
		s.err = fmt.Errorf("%w: no status of pump %d in the answer", driver.ErrGarbled, p)
	case answer.Failed():
		s.fault = answer.Message()
	default:
		var err error
		if s.status, err = ReadStatus(answer); err != nil {
			s.err = fmt.Errorf("%w: %w", driver.ErrGarbled, err)
		} else if s.status.Pump != int(p) {
			s.err = fmt.Errorf("%w: status of pump %d instead of %d", driver.ErrGarbled, s.status.Pump, p)
		}
	}
	if s.err != nil {
		d.counts.garbled.Add(1)
	}
	return s
}

// reading turns a status into the contract's words.
func (d *Driver) reading(ctx context.Context, p driver.Point, m *memory, s Status) (driver.Reading, error) {
	rec := s.Record
	if nozzle := max(s.NozzleUp, rec.Nozzle); nozzle > m.nozzles || min(s.NozzleUp, rec.Nozzle) < 0 {
		return driver.Reading{}, fmt.Errorf("%w: pump %d shows nozzle %d of %d", driver.ErrGarbled, p, nozzle, m.nozzles)
	}
	out := driver.Reading{Nozzle: s.NozzleUp, Volume: rec.Volume, Amount: rec.Amount, Price: rec.Price}
	m.end = ""
	switch s.Type {
	case TypeIdle:
		d.findMissed(ctx, p, m, s)
		out.State = m.idleState(s)
		if m.locked && out.State == driver.Idle {
			d.unlock(ctx, p) // the permission lapsed unused
		}
	case TypeFilling:
		m.spent = 0
		out.State, out.Nozzle = driver.Fuelling, rec.Nozzle
		if s.Suspended {
			out.State = driver.Paused
		}
	case TypeEnd:
		if rec.Transaction == 0 || rec.Nozzle == 0 {
			return driver.Reading{}, fmt.Errorf("%w: pump %d ended transaction %d of nozzle %d", driver.ErrGarbled, p, rec.Transaction, rec.Nozzle)
		}
		m.ended(s, rec.Key(d.known.controller))
		out.State = driver.Finished
		out.Finished = []driver.Sale{rec.Sale(d.known.controller, d.cfg.Zone)}
	default:
		return driver.Reading{}, fmt.Errorf("%w: pump %d is offline at the controller", driver.ErrNoAnswer, p)
	}
	out.Finished = append(slices.Clone(m.missed), out.Finished...)
	return out, nil
}

// ended remembers the sale that waits at the end of its transaction.
func (m *memory) ended(s Status, key string) {
	m.end = key
	m.based, m.lastTransaction, m.lastStart = true, s.Record.Transaction, s.Record.Start
	m.spent = 0
	if s.NozzleUp == s.Record.Nozzle {
		m.spent = s.NozzleUp
	}
}

// idleState tells apart what the controller calls idle: at rest, calling,
// authorised, and the sale's nozzle still out, which is no new call.
func (m *memory) idleState(s Status) driver.State {
	if s.NozzleUp != m.spent || s.Ordered {
		m.spent = 0
	}
	switch {
	case s.Ordered:
		return driver.Authorized
	case s.NozzleUp == 0:
		return driver.Idle
	case s.NozzleUp == m.spent:
		return driver.Finished
	default:
		return driver.Calling
	}
}

// maxTries is how often a missed delivery's record is asked for, once a look.
const maxTries = 10

// findMissed notices a delivery that another user of the controller closed
// between two looks: the idle status names a last transaction that was never
// seen at its end. Its record is fetched and reported until released. What
// ended before the first look is for Recall.
func (d *Driver) findMissed(ctx context.Context, p driver.Point, m *memory, s Status) {
	known := s.LastTransaction == m.lastTransaction && s.LastStart == m.lastStart
	if s.LastTransaction != 0 && m.based && !known {
		rec, err := d.transaction(ctx, p, s.LastTransaction)
		m.tries++
		if err != nil && m.tries < maxTries {
			d.log.Warn("a delivery closed by another user is not readable yet", "pump", p, "transaction", s.LastTransaction, "err", err)
			return
		}
		if err != nil {
			d.log.Error("a delivery closed by another user could not be read", "pump", p, "transaction", s.LastTransaction, "err", err)
		} else if rec.State == stateFinished && rec.Nozzle >= 1 && rec.Nozzle <= m.nozzles {
			m.missed = append(m.missed, rec.Sale(d.known.controller, d.cfg.Zone))
		}
	}
	m.tries, m.based = 0, true
	if s.LastTransaction != 0 {
		m.lastTransaction, m.lastStart = s.LastTransaction, s.LastStart
	}
}

// transactionData is the data of requests about one transaction.
type transactionData struct {
	Pump        driver.Point
	Transaction int
}

// transaction fetches one delivery's record by its number.
func (d *Driver) transaction(ctx context.Context, p driver.Point, number int) (Record, error) {
	const kind = "PumpGetTransactionInformation"
	answers, err := d.request(ctx, ask{kind, transactionData{p, number}})
	if err != nil {
		return Record{}, err
	}
	if err := d.verdict(kind, answers[0]); err != nil {
		return Record{}, err
	}
	rec, err := ReadRecord(answers[0].Data())
	if err != nil {
		return Record{}, fmt.Errorf("%w: %w", driver.ErrGarbled, err)
	}
	if rec.Pump != int(p) || rec.Transaction != number {
		return Record{}, fmt.Errorf("%w: record of another transaction", driver.ErrGarbled)
	}
	return rec, nil
}

// Release closes the sale's transaction at the controller and gives the pump
// back to other users. A sale that is no longer there is not an error.
func (d *Driver) Release(ctx context.Context, p driver.Point, s driver.Sale) error {
	m, err := d.pump(p)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(m.missed, func(o driver.Sale) bool { return o.Key == s.Key }); i >= 0 {
		m.missed = slices.Delete(m.missed, i, i+1)
		return nil
	}
	if m.end != s.Key {
		if err := d.freshEnd(ctx, p, m); err != nil || m.end != s.Key {
			return err
		}
	}
	number := m.lastTransaction
	_, err = d.command(ctx, p, ask{"PumpCloseTransaction", transactionData{p, number}}, ask{"PumpUnlock", pumpData{p}})
	if errors.Is(err, driver.ErrRefused) {
		if looked := d.freshEnd(ctx, p, m); looked == nil && m.end != s.Key {
			return nil
		}
		return err
	}
	if err == nil {
		m.end, m.locked = "", false
	}
	return err
}

// freshEnd looks at the pump again, to know which sale it holds now.
func (d *Driver) freshEnd(ctx context.Context, p driver.Point, m *memory) error {
	delete(d.seen, p)
	s, err := d.look(ctx, p)
	if err != nil {
		return err
	}
	if s.fault != "" {
		return fmt.Errorf("%w: status of pump %d: %s", driver.ErrRefused, p, s.fault)
	}
	_, err = d.reading(ctx, p, m, s.status)
	return err
}
