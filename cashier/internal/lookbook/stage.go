// Package lookbook is a generator of demo screens: made-up stations, sales and
// moments, to look at every state of the till without a pump. It is for tests
// and for cmd/lookbook; the till itself never imports it.
package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// StationName is the name over the made-up door.
const StationName = "昆明示范加油站"

// Zone is the station's zone.
func Zone() *time.Location { return time.FixedZone("CST", 8*3600) }

// Now is when every scene plays: 7:12 on a busy morning.
func Now() time.Time { return time.Date(2026, 11, 23, 7, 12, 30, 0, Zone()) }

// Stage is a till being led into a scene. It plays the hub's part.
type Stage struct {
	// State is the till.
	State *desk.State
	// Effects holds everything the till asked for on the way.
	Effects []desk.Effect
	// IDs makes the scene's ids; they are the same in every run.
	IDs *id.Maker
	// Chat, when it is set, is shown on the support page instead of the state's.
	Chat *desk.Chat

	at      time.Time
	station id.Station
	staff   id.Staff // who is signed in
	epoch   id.Epoch
	seq     map[wire.Channel]uint64

	waiting   int // as the hub was told last
	countedAt time.Time
}

// sevens is a source of bytes that are always the same.
type sevens struct{}

// Read fills p with sevens.
func (sevens) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}

// NewStage makes an enrolled till that nobody is signed in to.
func NewStage(prefs desk.Prefs) *Stage {
	ids := id.NewMaker(Now, sevens{})
	s := &Stage{
		State: desk.New(Now(), Zone(), prefs), IDs: ids, at: Now(),
		station: id.New[id.Station](ids), epoch: id.New[id.Epoch](ids), seq: map[wire.Channel]uint64{},
	}
	s.Do(desk.Enrolment{Enrolled: true, Station: StationName, HubURL: "https://192.168.1.10:8443", Version: "1.0.0"})
	return s
}

// Do plays events at the present moment.
func (s *Stage) Do(events ...desk.Event) {
	for _, e := range events {
		s.Effects = append(s.Effects, s.State.Step(s.at, e)...)
	}
}

// Wait lets time pass.
func (s *Stage) Wait(d time.Duration) {
	s.at = s.at.Add(d)
	s.Do(desk.Tick{})
}

// Screen is what the till shows.
func (s *Stage) Screen() desk.Screen {
	screen := s.State.Screen()
	if s.Chat == nil {
		return screen
	}
	screen.Page, screen.Chat = desk.PageSupport, s.Chat
	for i := range screen.Rail {
		screen.Rail[i].Chosen = screen.Rail[i].Page == desk.PageSupport
	}
	return screen
}

// At is the present moment.
func (s *Stage) At() time.Time { return s.at }

// SignIn signs someone in, who may have something to do first.
func (s *Stage) SignIn(role wire.Role, must ...wire.Must) {
	names := map[wire.Role][2]string{
		wire.RoleHead: {"1001", "陈志远"}, wire.RoleCashier: {"2001", "王晓燕"},
		wire.RoleAttendant: {"3001", "李建国"}, wire.RoleAgent: {"4001", "周敏"}, wire.RoleGroup: {"9001", "赵海"},
	}
	s.staff = id.New[id.Staff](s.IDs)
	s.Do(desk.SignedIn{Session: wire.Session{
		Staff: s.staff, Number: names[role][0], Name: names[role][1], Role: role,
		Station: s.station, StationName: StationName, Must: must,
	}})
}

// Connect brings up the live socket with the state of a station.
func (s *Stage) Connect(forecourt wire.ForecourtSnap, sales wire.DeskSnap) {
	s.Do(desk.Connected{Welcome: wire.Welcome{V: wire.Version, Now: s.at}})
	s.frame(wire.KindSnap, wire.Forecourt(s.station), forecourt)
	s.frame(wire.KindSnap, wire.Desk(s.station), sales)
	s.Beat()
}

// ConnectPost brings up the live socket of an attendant.
func (s *Stage) ConnectPost(forecourt wire.ForecourtSnap, post wire.PostSnap) {
	s.Do(desk.Connected{Welcome: wire.Welcome{V: wire.Version, Now: s.at}})
	s.frame(wire.KindSnap, wire.Forecourt(s.station), forecourt)
	s.Posted(post)
	s.Beat()
}

// Posted is the snapshot of an attendant's channel.
func (s *Stage) Posted(post wire.PostSnap) { s.frame(wire.KindSnap, wire.PostOf(s.staff), post) }

// PostIs is news of what the attendant is responsible for, Refuel of a delivery
// at one of their nozzles, Skip of something that is not theirs.
func (s *Stage) PostIs(p wire.Post)   { s.frame(wire.KindPost, wire.PostOf(s.staff), p) }
func (s *Stage) Refuel(r wire.Refuel) { s.frame(wire.KindRefuel, wire.PostOf(s.staff), r) }
func (s *Stage) Skip()                { s.frame(wire.KindSkip, wire.PostOf(s.staff), nil) }

// Roster is news of who is responsible for which nozzles, Alerts the snapshot
// of the alerts, Alert news of one.
func (s *Stage) Roster(r wire.Roster) { s.frame(wire.KindRoster, wire.Desk(s.station), r) }

func (s *Stage) Alerts(open ...wire.Alert) {
	s.frame(wire.KindSnap, wire.Security(s.station), wire.SecuritySnap{Alerts: open})
}
func (s *Stage) Alert(a wire.Alert) { s.frame(wire.KindAlert, wire.Security(s.station), a) }

// Beat is the hub's clock, with pumps that spoke a moment ago.
func (s *Stage) Beat() {
	s.Clock(wire.Beat{Now: s.at, DeviceSeenAt: s.at.Add(-100 * time.Millisecond), Waiting: s.waiting, CountedAt: s.countedAt})
}

// BeatWithoutPumps is the hub's clock while the bridge is away.
func (s *Stage) BeatWithoutPumps() {
	s.Clock(wire.Beat{Now: s.at, Waiting: s.waiting, CountedAt: s.countedAt})
}

// Clock is a beat as it is given, which may be one of a moment ago.
func (s *Stage) Clock(b wire.Beat) { s.frame(wire.KindBeat, wire.Forecourt(s.station), b) }

// Counted is how many cars the hub was told just now that wait, by any till;
// Forget is that it knows no count any more.
func (s *Stage) Counted(waiting int) { s.waiting, s.countedAt = waiting, s.at }
func (s *Stage) Forget()             { s.waiting, s.countedAt = 0, time.Time{} }

// Nozzle is news of one nozzle, Reading its running figures.
func (s *Stage) Nozzle(n wire.Nozzle) { s.frame(wire.KindNozzle, wire.Forecourt(s.station), n) }

// Reading is a tick.
func (s *Stage) Reading(r wire.Reading) { s.frame(wire.KindReading, wire.Forecourt(s.station), r) }

// Sale is news of one sale.
func (s *Stage) Sale(sale wire.Sale) { s.frame(wire.KindSale, wire.Desk(s.station), sale) }

// Prices is news of the price board.
func (s *Stage) Prices(p wire.PriceBoard) { s.frame(wire.KindPrices, wire.Desk(s.station), p) }

// Proof is news of one nozzle's totalizer proof.
func (s *Stage) Proof(p wire.NozzleProof) { s.frame(wire.KindProof, wire.Desk(s.station), p) }

// frame numbers a body as the hub would and plays it.
func (s *Stage) frame(k wire.Kind, ch wire.Channel, body any) {
	f := wire.Frame{K: k, Ch: ch, At: s.at, D: wire.Body(body)}
	switch wire.Kinds[k].Class {
	case wire.ClassEvent:
		s.seq[ch]++
	case wire.ClassControl:
		f.Ep = s.epoch
	}
	f.Seq = s.seq[ch]
	s.Do(desk.Arrived{Frame: f})
}
