package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

func TestQuarantinedSaleSaysWhyAndIsNeverPayable(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	if got := press(s, "1 0 F8"); len(got) != 0 {
		t.Fatalf("sent %+v", got)
	}
	if !strings.Contains(said(s), "核实前不得收款") {
		t.Errorf("said %q", said(s))
	}
	p := s.State.Screen().Panel
	if p.Caption != "油机显示与泵码走字不符" || p.Pay.On || p.Cash.On || p.Pad {
		t.Errorf("panel %+v", p)
	}
	var lines []string
	for _, l := range p.Lines {
		lines = append(lines, l.Value)
	}
	if !slices.Contains(lines, "67.96 L") || !slices.Contains(lines, "43.21 L") || !slices.Contains(lines, "24.75 L") {
		t.Errorf("figures %v: what was displayed, what was metered, and the difference", lines)
	}
}

func TestResolvingNeedsAReasonAndFigures(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.Do(desk.Choose{Nozzle: 10}, desk.OpenResolve{Act: wire.ResolveDriveOff})
	if s.State.Screen().Dialog != nil {
		t.Error("a quarantined sale is no drive-off")
	}
	s.Do(desk.OpenResolve{Act: wire.ResolveAccept})
	d := s.State.Screen().Dialog
	if d == nil || d.VolumeText != "43.210" || d.AmountText != "344.82" {
		t.Fatalf("dialog %+v: it proposes what the totalizer says", d)
	}
	s.Effects = nil
	s.Do(desk.Press{Key: desk.KeyF8}, desk.Press{Key: "3"}, desk.Choose{Nozzle: 3}) // nothing reaches what lies under it
	for _, c := range []desk.Confirm{{}, {Note: "  "}, {Note: "核对过"}, {Note: "核对过", Volume: "43,21", Amount: "344.82"}, {Note: "核对过", Volume: "43.21", Amount: "-1"}, {Note: strings.Repeat("长", 401), Volume: "1", Amount: "1"}} {
		s.Do(c)
		if d := s.State.Screen().Dialog; d == nil || d.Problem == "" {
			t.Errorf("%+v was taken", c)
		}
	}
	s.Do(desk.Confirm{Note: " 与车主核对 ", Volume: "43.210", Amount: "344.82"})
	got := sent(s)
	if len(got) != 1 || got[0].Resolve.Act != wire.ResolveAccept || got[0].Resolve.Volume != 43_210 ||
		got[0].Resolve.Amount != 344_82 || got[0].Resolve.Note != "与车主核对" {
		t.Errorf("sent %+v", got)
	}
	s.Do(desk.Choose{Nozzle: 7}, desk.OpenResolve{Act: wire.ResolveDriveOff}, desk.Press{Key: desk.KeyEscape})
	if s.State.Screen().Dialog != nil {
		t.Error("Escape did not close the dialog")
	}
}

func TestStopAllMustBeHeld(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.Effects = nil
	s.Do(desk.HoldStart{What: desk.HoldingStopAll})
	s.Wait(desk.HoldToConfirm - time.Millisecond)
	if h := s.State.Screen().Header; h.StopAll != "按住不放" || h.Progress < 90 {
		t.Errorf("header %+v", h)
	}
	s.Do(desk.HoldEnd{})
	s.Wait(time.Second)
	if got := sent(s); len(got) != 0 {
		t.Fatalf("let go too early, yet sent %+v", got)
	}
	s.Do(desk.HoldStart{What: desk.HoldingStopAll})
	s.Wait(desk.HoldToConfirm)
	s.Wait(time.Minute)
	if got := sent(s); len(got) != 1 || got[0].Kind != desk.CommandHoldAll || got[0].Hold.Hold != wire.HoldStop {
		t.Errorf("sent %+v, want one stop of all", got)
	}
}

func TestOneNozzleIsStoppedPausedAndReleasedByOneKey(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	got := press(s, "4 F9")
	if len(got) != 1 || got[0].Nozzle != 4 || got[0].Hold.Hold != wire.HoldStop {
		t.Fatalf("F9 sent %+v", got)
	}
	if got := press(s, "F9"); len(got) != 0 {
		t.Errorf("F9 again sent %+v", got)
	}
	if got := press(s, "5 F10"); len(got) != 1 || got[0].Hold.Hold != wire.HoldPause {
		t.Errorf("F10 sent %+v", got)
	}
	if got := press(s, "F9"); len(got) != 1 || got[0].Hold.Hold != wire.HoldStop {
		t.Errorf("a stop waited for a pause: %+v", got)
	}
	press(s, "1 1")
	if got := s.State.Screen().Panel.Pause.Label; got != "放行" {
		t.Errorf("on a stopped nozzle F10 says %q", got)
	}
	if got := press(s, "F10"); len(got) != 1 || got[0].Nozzle != 11 || got[0].Hold.Hold != wire.HoldNone {
		t.Errorf("release sent %+v", got)
	}
	s.Do(desk.GivenUp{Command: desk.Command{Kind: desk.CommandHold, Nozzle: 11}})
	if !strings.Contains(said(s), "操作未送达") {
		t.Errorf("said %q", said(s))
	}
}

func TestAuthorizeInControlledMode(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	if got := press(s, "2 F7"); len(got) != 0 {
		t.Errorf("attended nozzle: sent %+v", got)
	}
	f := lookbook.Idle(16).Nozzles[1]
	f.State, f.Mode = wire.NozzleCalling, wire.ModeControlled
	s.Nozzle(f)
	s.Do(desk.Press{Key: "2", Pad: true}, desk.Press{Key: desk.KeyZeros, Pad: true})
	got := press(s, "F7")
	want := wire.Preset{Kind: wire.PresetMoney, Money: 200_00}
	if len(got) != 1 || got[0].Authorize.Preset != want {
		t.Errorf("sent %+v", got)
	}
}

func TestLiftAndQuarantineAndOverdueAreHeardOnceAndCanBeMuted(t *testing.T) {
	lifted := lookbook.Idle(16).Nozzles[0]
	lifted.State = wire.NozzleCalling
	for _, muted := range []bool{false, true} {
		prefs := desk.Prefs{}
		if muted {
			prefs.Muted = desk.Sounds[:]
		}
		s := lookbook.Busy(prefs)
		if got := played(s); !muted && !slices.Equal(got, []desk.Sound{desk.SoundOverdue}) {
			t.Errorf("on arrival played %v, want one call for what waits too long", got)
		}
		s.Effects = nil
		s.Nozzle(lifted)
		s.Sale(s.Chengdu(lookbook.Idle(16).Nozzles[5]))
		s.Wait(time.Second)
		want := []desk.Sound{desk.SoundCalling, desk.SoundAlarm}
		if muted {
			want = nil
		}
		if got := played(s); !slices.Equal(got, want) {
			t.Errorf("muted %v: played %v, want %v", muted, got, want)
		}
		if !strings.Contains(said(s), "6号枪有一笔存疑") {
			t.Errorf("a sound's twin in text is missing: %q", said(s))
		}
	}
}

func TestLoginFlow(t *testing.T) {
	s := lookbook.NewStage(desk.Prefs{Lang: desk.English})
	s.Effects = nil
	s.Do(desk.SignIn{Number: " ", Password: "x"})
	if got := s.State.Screen().Login; got.Problem == "" || len(s.Effects) != 0 {
		t.Errorf("an empty number: %+v", got)
	}
	s.Do(desk.SignIn{Number: " 2001 ", Password: "secret"}, desk.SignIn{Number: "2001", Password: "secret"})
	if len(s.Effects) != 1 || s.Effects[0] != (desk.Login{Number: "2001", Password: "secret"}) {
		t.Fatalf("effects %+v: one login, whatever the finger does", s.Effects)
	}
	s.Do(desk.SignInFailed{})
	if got := s.State.Screen().Login; got.Busy || !strings.Contains(got.Problem, "hub does not answer") {
		t.Errorf("no answer: %+v", got)
	}
	s.SignIn(wire.RoleCashier)
	if !s.State.SignedIn() || s.State.Screen().Header.Staff != "王晓燕 · Cashier" {
		t.Errorf("header %+v", s.State.Screen().Header)
	}
	for _, e := range s.Effects {
		if strings.Contains(fmt.Sprintf("%#v", e), "secret") {
			if _, ok := e.(desk.Login); !ok {
				t.Errorf("the password is in %T", e)
			}
		}
	}
	s.Do(desk.SessionEnded{})
	if got := s.State.Screen(); got.SignedIn || !strings.Contains(got.Login.Problem, "sign in again") {
		t.Errorf("after the session ended: %+v", got.Login)
	}
}

func TestRoleThatTakesNoMoneyIsNotOfferedIt(t *testing.T) {
	s := lookbook.NewStage(desk.Prefs{})
	s.SignIn(wire.RoleAttendant)
	f := lookbook.Idle(4)
	s.ConnectPost(f, wire.PostSnap{
		Post: wire.Post{Nozzles: []int{3}}, Prices: s.PriceBoard(f),
		Refuels: []wire.Refuel{wire.RefuelOf(s.SaleOf(f.Nozzles[2], wire.SaleUnpaid, 9_000, time.Minute))},
	})
	if got := press(s, "3 F8"); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	p := s.State.Screen().Panel
	if p.Cash.On || p.Pay.On || p.Pad || len(p.Resolves) > 0 || !p.Stop.On {
		t.Errorf("panel %+v", p)
	}
}

func TestNewPriceIsTheHeadsAndGoesOutExactly(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.Do(desk.OpenPrice{Grade: "92#"})
	if s.State.Screen().Dialog != nil {
		t.Error("a cashier was offered the price dialog")
	}
	head := lookbook.NewStage(desk.Prefs{})
	head.SignIn(wire.RoleHead)
	f := lookbook.Idle(4)
	head.Connect(f, wire.DeskSnap{Prices: head.PriceBoard(f)})
	head.Do(desk.OpenPrice{Grade: "92#"})
	for _, wrong := range []string{"", "0", "7,5", "7.555", "100", "-1"} {
		head.Do(desk.Confirm{Amount: wrong})
		if d := head.State.Screen().Dialog; d == nil || d.Problem == "" {
			t.Fatalf("price %q was taken", wrong)
		}
	}
	head.Effects = nil
	head.Do(desk.Confirm{Amount: "7.62"})
	got := sent(head)
	if len(got) != 1 || len(got[0].Prices.Prices) != 1 || got[0].Prices.Prices[0] != (wire.GradePriceRequest{Grade: "92#", Price: 762}) {
		t.Errorf("sent %+v", got)
	}
}

// An agent answers drivers and touches no pump: the button that stops them all
// would only be refused, so it is not there, and its key does nothing.
func TestAgentIsNotOfferedToStopPumps(t *testing.T) {
	s := lookbook.NewStage(desk.Prefs{})
	s.SignIn(wire.RoleAgent)
	f := lookbook.Idle(4)
	s.Connect(f, wire.DeskSnap{Prices: s.PriceBoard(f)})
	if h := s.State.Screen().Header; h.StopAll != "" {
		t.Errorf("an agent is offered %q", h.StopAll)
	}
	s.Do(desk.HoldStart{What: desk.HoldingStopAll})
	s.Wait(2 * desk.HoldToConfirm)
	if got := sent(s); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
}
