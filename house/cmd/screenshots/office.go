package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/shared/wire"
)

// office photographs what the head of a station sees of members, staff and the
// log, and what a cashier and an attendant see instead.
func (s *session) office(ctx context.Context) error {
	if err := s.prepareOffice(ctx); err != nil {
		return fmt.Errorf("preparing the office: %w", err)
	}
	for _, who := range []struct {
		name, number string
		steps        []step
		env          []string
	}{
		{"office", house.Head, headSteps(), nil},
		{"office-dark", house.Head, []step{{name: "office-members-dark", clicks: []string{railMembers, firstRow}}}, []string{"FORECOURT_CASHIER_DARK=true"}},
		{"office-cashier", house.Cashier, cashierSteps(), nil},
		{"office-attendant", house.Attendant, []step{{name: "attendant-board"}}, nil},
	} {
		if err := s.walk(ctx, who.name, who.number, who.steps, who.env...); err != nil {
			return fmt.Errorf("%s: %w", who.name, err)
		}
	}
	return nil
}

// step is one photograph: what key to press first, if any, where to click and
// what to type before it.
type step struct {
	name   string
	first  string
	clicks []string // "x y"
	text   string
	keys   []string
}

// Places of the window at 1366 x 768.
const (
	railMembers = "42 510"
	railOffice  = "42 578"
	firstRow    = "400 534" // of seven: who has fuelled
	tabPosts    = "212 84"
	tabOffers   = "388 84"
	tabSite     = "468 84"
	tabAlerts   = "560 84"
	tabLog      = "651 84"
	tabKeys     = "731 84"
	tabBackups  = "795 84"
	tabAccount  = "875 84"
	secondRow   = "400 218"
	firstSet    = "400 198"
	newOffer    = "1230 84"
	changeSite  = "186 716"
	moreWaiting = "986 80"
)

func headSteps() []step {
	return []step{
		{name: "office-members", clicks: []string{railMembers, firstRow}},
		{name: "office-staff", clicks: []string{railOffice}},
		{name: "office-posts", clicks: []string{tabPosts}},
		{name: "office-offers", clicks: []string{tabOffers, secondRow}},
		{name: "office-offer-new", clicks: []string{newOffer}},
		{name: "office-site", first: "Escape", clicks: []string{tabSite}},
		{name: "office-site-change", clicks: []string{changeSite}},
		{name: "office-alerts", first: "Escape", clicks: []string{tabAlerts}},
		{name: "office-log", clicks: []string{tabLog}},
		{name: "office-keys", clicks: []string{tabKeys}},
		{name: "office-backups", clicks: []string{tabBackups}},
		{name: "office-backup", clicks: []string{firstSet}},
		{name: "office-account", first: "Escape", clicks: []string{tabAccount, "664 714"}},
	}
}

func cashierSteps() []step {
	return []step{
		{name: "board-queue", clicks: []string{moreWaiting, moreWaiting, moreWaiting}},
		{name: "cashier-member", clicks: []string{"42 442", "360 160"}, text: "1", keys: []string{"Return"}},
	}
}

// walk signs somebody in at a window of their own and takes the steps.
func (s *session) walk(ctx context.Context, name, number string, steps []step, env ...string) error {
	w, err := s.openWindow(ctx, name, env...)
	if err != nil {
		return err
	}
	defer w.close()
	if err := s.signInAs(ctx, w, number); err != nil {
		return err
	}
	if err := pause(ctx, toasts); err != nil {
		return err
	}
	for _, st := range steps {
		if err := w.take(ctx, st); err != nil {
			return fmt.Errorf("%s: %w", st.name, err)
		}
		select {
		case <-w.program.Done():
			log, err := os.ReadFile(w.program.Log)
			return errors.Join(fmt.Errorf("%s: the window has gone:\n%s", st.name, log), err)
		default:
		}
		if err := s.photograph(ctx, st.name); err != nil {
			return err
		}
	}
	return nil
}

// take does what a step says.
func (w *window) take(ctx context.Context, st step) error {
	if st.first != "" {
		if err := w.keys(ctx, st.first); err != nil {
			return err
		}
	}
	for _, click := range st.clicks {
		x, y, _ := strings.Cut(click, " ")
		if err := w.xdotool(ctx, "mousemove", x, y, "click", "1"); err != nil {
			return err
		}
		if err := pause(ctx, 700*time.Millisecond); err != nil {
			return err
		}
	}
	if st.text != "" {
		if err := w.text(ctx, st.text); err != nil {
			return err
		}
	}
	if err := w.keys(ctx, st.keys...); err != nil {
		return err
	}
	return pause(ctx, time.Second)
}

// prepareOffice has members join and fuel, gives the attendants their nozzles,
// and lets a cashier try for what is not theirs to see.
func (s *session) prepareOffice(ctx context.Context) error {
	everybody := callers()
	for _, c := range everybody {
		if err := c.enter(ctx, s.h); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	first := everybody[0]
	for _, purpose := range []wire.ConsentPurpose{wire.ConsentIDNumber, wire.ConsentAccount, wire.ConsentMarketing} {
		if _, err := first.SetConsent(ctx, purpose, wire.ConsentRequest{Given: true, Version: 1}); err != nil {
			return err
		}
	}
	if _, err := first.SetIDNumber(ctx, wire.IDNumberRequest{IDNumber: "11010519491231002X"}); err != nil {
		return err
	}
	member, err := first.AddAccount(ctx, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222020000001236789"})
	if err != nil {
		return err
	}
	if err := s.fuelTwice(ctx, first); err != nil {
		return fmt.Errorf("fuelling: %w", err)
	}
	head, err := s.h.Desk(ctx, "office", house.Head)
	if err != nil {
		return err
	}
	if err := errors.Join(assignAll(ctx, head), announce(ctx, head), backUp(ctx, head)); err != nil {
		return err
	}
	cashier, err := s.h.Desk(ctx, "till 2", house.Cashier)
	if err != nil {
		return err
	}
	if err := s.payAll(ctx, cashier); err != nil {
		return err
	}
	status, _, err := cashier.Ask(ctx, http.MethodGet, "/v1/members/"+member.ID.String(), nil)
	if err == nil && status != http.StatusForbidden {
		err = fmt.Errorf("a cashier got a member: %d", status)
	}
	return err
}

// assignAll gives the attendants most of the nozzles.
func assignAll(ctx context.Context, head *house.Desk) error {
	var roster wire.Roster
	if err := head.Get(ctx, http.MethodGet, "/v1/roster", nil, &roster); err != nil {
		return err
	}
	given := [][]int{{1, 2, 3, 4, 5, 6, 7, 8}, {9, 10, 11, 12}}
	for i, p := range roster.Posts {
		if i >= len(given) {
			break
		}
		req := wire.PostRequest{Nozzles: given[i], Hours: 8}
		if err := head.Get(ctx, http.MethodPut, "/v1/posts/"+p.Staff.String(), req, nil); err != nil {
			return err
		}
	}
	return nil
}

// announce publishes offers: two that run, and one that is still to begin.
func announce(ctx context.Context, head *house.Desk) error {
	now := time.Now().Truncate(time.Minute)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for _, o := range []wire.OfferRequest{
		{Kind: wire.OfferGift, Title: "满200元送矿泉水一箱", From: day(10), Until: day(17)},
		{Kind: wire.OfferDiscount, Title: "周三会员日，95号每升优惠0.30元", Text: "会员凭手机号，每人每日一次，单次不超过60升。", From: now, Until: day(30)},
		{Kind: wire.OfferRecharge, Title: "充值1000元赠50元", Text: "赠送金额即时到账，可用于任意油品。", From: now, Until: day(90)},
	} {
		if err := head.Get(ctx, http.MethodPost, "/v1/offers", o, nil); err != nil {
			return fmt.Errorf("offering %s: %w", o.Title, err)
		}
	}
	return nil
}

// backUp makes a backup and rehearses it.
func backUp(ctx context.Context, head *house.Desk) error {
	for _, job := range []struct {
		path string
		body any
	}{{"/v1/backups", nil}, {"/v1/backups/drills", wire.DrillAsk{}}} {
		if err := head.Get(ctx, http.MethodPost, job.path, job.body, nil); err != nil {
			return fmt.Errorf("backing up: %w", err)
		}
		var b wire.Backups
		for first := true; first || b.Work != nil; first = false {
			if err := pause(ctx, 500*time.Millisecond); err != nil {
				return err
			}
			b = wire.Backups{} // what is not in an answer leaves what the one before said
			if err := head.Get(ctx, http.MethodGet, "/v1/backups", nil, &b); err != nil {
				return fmt.Errorf("waiting for the backup: %w", err)
			}
		}
	}
	return nil
}

// payAll takes the money for everything that waits.
func (s *session) payAll(ctx context.Context, cashier *house.Desk) error {
	var page wire.SaleList
	if err := cashier.Get(ctx, http.MethodGet, "/v1/sales?state=unpaid", nil, &page); err != nil {
		return err
	}
	for _, sale := range page.Sales {
		req := wire.PayRequest{Tender: wire.TenderCash, Due: sale.Due, Tendered: sale.Due}
		if err := cashier.Get(ctx, http.MethodPost, "/v1/sales/"+sale.ID.String()+"/payments", req, nil); err != nil {
			return err
		}
	}
	return nil
}
