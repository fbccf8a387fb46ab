package session

import (
	"slices"
	"testing"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// machine plays a day at a fuelling point: drivers, the station's wishes, a
// line and a journal that fail, and power cuts between any two steps.
type machine struct {
	*rig
	honest bool // the dispenser has not lied so far
	auths  byte
	sets   byte
}

// trouble draws what goes wrong with each effect of the next steps.
func (m *machine) trouble(t *rapid.T) {
	odds := rapid.SampledFrom([]int{0, 0, 3, 10}).Draw(t, "trouble")
	wrong := func(what string) bool { return odds > 0 && rapid.IntRange(0, 19).Draw(t, what) < odds }
	m.fail = func(e Effect) (error, error) {
		switch {
		case wrong("fails before"):
			return errTest, nil
		case wrong("fails after"):
			if _, ok := e.(Append); ok {
				return nil, nil // an append of unknown outcome ends the process: see crash
			}
			return nil, driver.ErrNoAnswer
		}
		return nil, nil
	}
	m.crash = func(e Effect) bool {
		if !wrong("crash") {
			return false
		}
		if wrong("after it took effect") {
			m.do(e)
		}
		return true
	}
}

func (m *machine) calm() { m.fail, m.crash = nil, nil }

// alone lets the dispenser sell without pumpd, as in its fallback mode.
func (m *machine) alone(n int, ml unit.Millilitre) {
	p := m.pump
	if !p.away || p.lifted != 0 || p.state != driver.Idle && p.state != driver.Finished {
		return
	}
	p.state, p.lifted, p.order = driver.Authorized, n, driver.Order{Nozzle: n}
	p.flow(ml)
	p.hang()
}

// byHand moves a totalizer that nothing else tells of.
func (m *machine) byHand(n int, ml unit.Millilitre) {
	if p := m.pump; p.state == driver.Idle && p.lifted == 0 && len(p.held) == 0 {
		p.total[n-1] += ml
	}
}

// again tells the last sale once more.
func (m *machine) again() {
	if p := m.pump; len(p.past) > 0 && p.state == driver.Idle {
		m.honest = false
		p.held = []driver.Sale{p.past[len(p.past)-1]}
	}
}

func (m *machine) wish(t *rapid.T) {
	number := rapid.SampledFrom(m.cfg.Nozzles).Draw(t, "nozzle")
	mode := rapid.SampledFrom([]wire.Mode{wire.ModeAttended, wire.ModeAttended, wire.ModeControlled, wire.ModeClosed}).Draw(t, "mode")
	hold := rapid.SampledFrom([]wire.Hold{wire.HoldNone, wire.HoldNone, wire.HoldPause, wire.HoldStop}).Draw(t, "hold")
	authorize, reprice := rapid.Bool().Draw(t, "authorize"), rapid.IntRange(0, 3).Draw(t, "reprice") == 0
	m.set(func(w *wire.WantNozzle) {
		if w.Nozzle != number {
			return
		}
		w.Mode, w.Hold = mode, hold
		if authorize && m.auths < 255 {
			m.auths++
			w.Authorization = &wire.Authorization{ID: id.Authorization{1, m.auths}, ExpiresAt: m.now.Add(AuthorizeGrace)}
		}
		if reprice && m.sets < 255 {
			m.sets++
			w.Price, w.PriceSet = 700+unit.FenPerLitre(m.sets), id.PriceSet{1, m.sets}
		}
	})
}

// drain brings everything to rest and lets pumpd look at its leisure.
func (m *machine) drain() {
	m.calm()
	m.pump.away = false
	m.set(func(w *wire.WantNozzle) { w.Mode, w.Hold = wire.ModeAttended, wire.HoldNone })
	m.ticks(2)
	m.pump.hang()
	m.ticks(10)
	m.now = m.now.Add(AuditEvery)
	m.ticks(5)
}

// checkVolumes says that without a lie every sale agrees with its readings.
func (m *machine) checkVolumes() {
	for _, s := range of[wire.SaleEnded](m.facts) {
		if off := s.After - s.Before - s.Volume; off > Tolerance || off < -Tolerance {
			m.t.Fatalf("sale %+v is off by %v\n%s", s, off, m.history())
		}
	}
}

func TestC001D004D005I012EveryLitreOnceWhateverHappens(t *testing.T) {
	for _, keyed := range []bool{true, false} {
		rapid.Check(t, func(t *rapid.T) {
			m := &machine{rig: newRig(t, keyed), honest: true}
			m.tick()
			which := rapid.IntRange(1, 2)
			litres := rapid.Map(rapid.IntRange(1, 60_000), func(n int) unit.Millilitre { return unit.Millilitre(n) })
			t.Repeat(map[string]func(*rapid.T){
				"look":       func(t *rapid.T) { m.trouble(t); m.tick(); m.calm() },
				"look again": func(t *rapid.T) { m.trouble(t); m.ticks(4); m.calm() },
				"lift":       func(t *rapid.T) { m.pump.lift(which.Draw(t, "n")) },
				"flow":       func(t *rapid.T) { m.pump.flow(litres.Draw(t, "ml")) },
				"limit":      func(*rapid.T) { m.pump.finish() },
				"hang up":    func(*rapid.T) { m.pump.hang() },
				"sell":       func(t *rapid.T) { m.trouble(t); m.sell(which.Draw(t, "n"), litres.Draw(t, "ml")); m.calm() },
				"wait":       func(t *rapid.T) { m.now = m.now.Add(AuthorizeGrace) },
				"wish":       func(t *rapid.T) { m.trouble(t); m.wish(t); m.calm() },
				"crash":      func(*rapid.T) { m.restart() },
				"line":       func(*rapid.T) { m.pump.away = !m.pump.away; m.tick() },
				"alone":      func(t *rapid.T) { m.alone(which.Draw(t, "n"), litres.Draw(t, "ml")) },
				"by hand":    func(t *rapid.T) { m.byHand(which.Draw(t, "n"), litres.Draw(t, "ml")+Tolerance) },
				"chengdu":    func(t *rapid.T) { m.honest = false; m.pump.add = litres.Draw(t, "ml") },
				"told again": func(*rapid.T) { m.again() },
				"upload": func(t *rapid.T) {
					if past := m.pump.past; keyed && len(past) > 0 {
						m.trouble(t)
						m.step(Uploaded{past[len(past)-1]})
						m.calm()
					}
				},
				"": func(*rapid.T) { m.checkFacts() },
			})
			m.drain()
			m.checkFacts()
			m.checkTotals()
			if m.honest {
				m.checkVolumes()
			}
			if len(m.pump.held) != 0 || slices.ContainsFunc(m.s.nozzles, func(n *nozzle) bool { return n.saved.Open != nil }) {
				t.Fatalf("left open: %+v\n%s", m.pump.held, m.history())
			}
		})
	}
}
