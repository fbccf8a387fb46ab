// Package privacy shows, against the real programs, what of one member each
// role receives, and that a security log somebody has altered is found.
//
// A driver joins, fuels and talks; then the head, the cashier, the attendant
// and the agent ask for that member in the way of their role. What came back
// is kept byte for byte. After that one byte of the log is changed in the
// database, behind the hub's back, and `hub verify` has to name the row.
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// What the member says of themselves. Nobody else at the station is called so.
const (
	Phone = "13800010011"
	Name  = "王建国"
	Plate = "云A12345"
	model = "大众朗逸 1.5L"
	// odometer is what they note beside their fuelling.
	odometer = 8_675_309
)

// nozzle is where they fuel, other is one that the attendant does not have.
const (
	nozzle = 2
	other  = 5
	worth  = unit.Fen(200_00)
)

// Answer is what somebody received.
type Answer struct {
	// Role is whose, Question what was asked.
	Role     wire.Role
	Question string
	// Status is HTTP's, Body what came.
	Status int
	Body   []byte
}

// Report is what happened.
type Report struct {
	// Answers holds what each role received of the member.
	Answers []Answer
	// Live is every frame of the attendant's channel, as it came.
	Live []wire.Frame
	// Searched counts the bytes of the hub's files and of all logs in which
	// nothing of the member was found.
	Searched int64
	// Sound is what verifying said before, Broken what it said after one byte
	// was changed; Row is the number of that row in the log.
	Sound, Broken string
	Row           uint64
}

// show is one run.
type show struct {
	h       *house.House
	driver  *link.Driver
	member  wire.Member
	desks   map[wire.Role]*house.Desk
	station id.Station
	thread  id.Thread
	ear     *ear
	report  Report
}

// Run does it all in a house that was just opened.
func Run(ctx context.Context, h *house.House) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &show{h: h, desks: map[wire.Role]*house.Desk{}}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"signing in", s.signIn},
		{"watching", s.watch},
		{"joining", s.join},
		{"fuelling", s.fuel},
		{"talking", s.talk},
		{"asking", s.ask},
		{"searching", s.search},
		{"verifying", s.verify},
		{"altering the log", s.alter},
	} {
		if err := step.do(ctx); err != nil {
			return s.report, fmt.Errorf("privacy: %s: %w", step.what, err)
		}
	}
	return s.report, nil
}

// signIn opens a till for each role.
func (s *show) signIn(ctx context.Context) error {
	for role, number := range map[wire.Role]string{
		wire.RoleHead: house.Head, wire.RoleCashier: house.Cashier, wire.RoleAttendant: house.Attendant, wire.RoleAgent: house.Agent,
	} {
		desk, err := s.h.Desk(ctx, "till of "+string(role), number)
		if err != nil {
			return err
		}
		s.desks[role], s.station = desk, desk.Session.Station
	}
	return s.desks[wire.RoleHead].Get(ctx, http.MethodPut, "/v1/posts/"+s.desks[wire.RoleAttendant].Session.Staff.String(),
		wire.PostRequest{Nozzles: []int{nozzle}, Hours: 8}, nil)
}

// join makes the driver a member with a name and a vehicle.
func (s *show) join(ctx context.Context) (err error) {
	if s.driver, err = s.h.Driver(ctx, Phone); err != nil {
		return err
	}
	if _, err = s.driver.SetProfile(ctx, wire.ProfileRequest{Name: Name}); err != nil {
		return err
	}
	s.member, err = s.driver.AddVehicle(ctx, wire.VehicleRequest{Plate: Plate, Model: model, Tank: 55_000})
	return err
}

// fuel has the driver fuel at a nozzle they claimed, and the cashier take the
// money.
func (s *show) fuel(ctx context.Context) error {
	cashier := s.desks[wire.RoleCashier]
	if err := house.Await(ctx, "every nozzle to sell at the price in force", 30*time.Millisecond, func() (bool, error) {
		var board wire.PriceBoard
		err := cashier.Get(ctx, http.MethodGet, "/v1/prices", nil, &board)
		return len(board.Nozzles) > 0 && !slices.ContainsFunc(board.Nozzles, func(p wire.NozzlePrice) bool { return !p.Acked }), err
	}); err != nil {
		return err
	}
	codes, err := s.h.NozzleCodes(ctx)
	if err != nil {
		return err
	}
	if _, err := s.driver.ClaimNozzle(ctx, wire.ClaimRequest{Code: codes[nozzle]}); err != nil {
		return err
	}
	if err := s.deliver(ctx); err != nil {
		return err
	}
	var due wire.Sale
	if err := house.Await(ctx, "the sale", 30*time.Millisecond, func() (bool, error) {
		var page wire.SaleList
		err := cashier.Get(ctx, http.MethodGet, fmt.Sprintf("/v1/sales?state=unpaid&nozzle=%d", nozzle), nil, &page)
		if len(page.Sales) > 0 {
			due = page.Sales[0]
		}
		return len(page.Sales) > 0, err
	}); err != nil {
		return err
	}
	if err := cashier.Get(ctx, http.MethodPost, "/v1/sales/"+due.ID.String()+"/payments",
		wire.PayRequest{Tender: wire.TenderCash, Due: due.Due, Tendered: due.Due}, nil); err != nil {
		return err
	}
	trip := wire.Trip{Vehicle: s.member.Vehicles[0].ID, Odometer: odometer, Full: true}
	if _, err := s.driver.NoteTrip(ctx, due.ID, trip); err != nil {
		return err
	}
	return s.hear(ctx)
}

// deliver lifts the nozzle, waits until the money's worth has run, and hangs up.
func (s *show) deliver(ctx context.Context) error {
	before, err := s.deliveries(ctx)
	if err != nil {
		return err
	}
	if err := s.h.Truth.Lift(ctx, nozzle, worth); err != nil {
		return err
	}
	if err := house.Await(ctx, "the delivery", 30*time.Millisecond, func() (bool, error) {
		now, err := s.deliveries(ctx)
		return now > before, err
	}); err != nil {
		return err
	}
	return s.h.Truth.Hang(ctx, nozzle)
}

func (s *show) deliveries(ctx context.Context) (int, error) {
	nozzles, err := s.h.Truth.Nozzles(ctx)
	for _, n := range nozzles {
		if n.Nozzle == nozzle {
			return n.Deliveries, err
		}
	}
	return 0, errors.Join(err, fmt.Errorf("the simulator has no nozzle %d", nozzle))
}

// talk opens a conversation and has the agent take it.
func (s *show) talk(ctx context.Context) error {
	thread, err := s.driver.OpenThread(ctx, wire.OpenThread{Station: s.station})
	if err != nil {
		return err
	}
	s.thread = thread.ID
	if _, err := s.driver.Say(ctx, thread.ID, wire.SendRequest{ID: id.New[id.Message](s.h.IDs()), Kind: wire.MessageText, Text: "您好"}); err != nil {
		return err
	}
	return s.desks[wire.RoleAgent].Get(ctx, http.MethodPost, "/v1/support/threads/"+thread.ID.String()+"/take", nil, nil)
}

// ask has each role ask for the member in its own way.
func (s *show) ask(ctx context.Context) error {
	for _, q := range []struct {
		role wire.Role
		path string
	}{
		{wire.RoleHead, "/v1/members/" + s.member.ID.String()},
		{wire.RoleCashier, "/v1/member-numbers/" + s.member.Number + "/refuels"},
		{wire.RoleCashier, "/v1/members/" + s.member.ID.String()},
		{wire.RoleAttendant, "/v1/members/" + s.member.ID.String()},
		{wire.RoleAttendant, "/v1/member-numbers/" + s.member.Number + "/refuels"},
		{wire.RoleAttendant, "/v1/post/refuels"},
		{wire.RoleAttendant, fmt.Sprintf("/v1/post/refuels?nozzle=%d", other)},
		{wire.RoleAgent, "/v1/support/threads/" + s.thread.String() + "/member"},
	} {
		status, body, err := s.desks[q.role].Ask(ctx, http.MethodGet, q.path, nil)
		if err != nil {
			return err
		}
		s.report.Answers = append(s.report.Answers, Answer{q.role, q.path, status, body})
	}
	return nil
}

// Check says what a role received that it may not, or did not that it should.
func (r Report) Check() error {
	var errs []error
	for _, a := range r.Answers {
		errs = append(errs, a.check())
	}
	return errors.Join(append(errs, r.checkLive())...)
}

func (a Answer) check() error {
	has := func(what string) bool { return strings.Contains(string(a.Body), what) }
	refused := a.Status == http.StatusForbidden && has("problem")
	var err error
	switch {
	case has(fmt.Sprint(odometer)): // it is the driver's own, whoever asks
		err = want(false)
	case a.Role == wire.RoleHead:
		err = want(a.Status == http.StatusOK && has(Name) && has(Plate) && has("138****0011") && !has(Phone))
	case a.Role == wire.RoleAgent:
		err = want(a.Status == http.StatusOK && has("王**") && has("138****0011") && !has(Phone) && !has(Name) && !has(Plate))
	case strings.HasPrefix(a.Question, "/v1/members/"), strings.Contains(a.Question, "nozzle="),
		a.Role == wire.RoleAttendant && strings.HasPrefix(a.Question, "/v1/member-numbers/"):
		err = want(refused)
	default: // the number and what was fuelled, and nothing else
		err = want(a.Status == http.StatusOK && has(`"refuels"`) && has(fmt.Sprintf(`"nozzle":%d`, nozzle)) && !has("phone") && !has("name") && !has("plate") && !has("id_number"))
	}
	if err != nil {
		return fmt.Errorf("%s asked %s and got %d %s", a.Role, a.Question, a.Status, a.Body)
	}
	return nil
}

func want(ok bool) error {
	if !ok {
		return errors.New("not so")
	}
	return nil
}

// Pretty is the answer as people read it; of a refusal, why.
func (a Answer) Pretty() string {
	var value any
	var refused wire.Problem
	if a.Status >= http.StatusBadRequest && json.Unmarshal(a.Body, &refused) == nil {
		return refused.Title
	}
	if json.Unmarshal(a.Body, &value) != nil {
		return string(a.Body)
	}
	text, err := json.MarshalIndent(value, "    ", "  ")
	if err != nil {
		return string(a.Body)
	}
	return string(text)
}
