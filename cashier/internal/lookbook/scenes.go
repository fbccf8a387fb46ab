package lookbook

import (
	"slices"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Scene is a named moment of a till.
type Scene struct {
	Name string
	Play func(desk.Prefs) *Stage
}

// Scenes lists every scene.
func Scenes() []Scene {
	return append([]Scene{
		{"login", func(p desk.Prefs) *Stage { return NewStage(p) }},
		{"login-refused", loginRefused},
		{"login-unenrolled", unenrolled},
		{"quiet", func(p desk.Prefs) *Stage { return calm(p, 16) }},
		{"busy", Busy},
		{"many", func(p desk.Prefs) *Stage { return calm(p, 32) }},
		{"cash", Cash},
		{"cash-short", cashShort},
		{"paying", paying},
		{"unknown", payUnknown},
		{"receipt", receipt},
		{"refused", payRefused},
		{"quarantine", quarantine},
		{"missing", missing},
		{"drive-off", driveOff},
		{"accept", accept},
		{"controlled", controlled},
		{"fuelling", fuelling},
		{"disconnected", Disconnected},
		{"pumps-away", pumpsAway},
		{"stopped", stopped},
		{"toasts", toasts},
		{"unpaid", page(desk.PageUnpaid)},
		{"sales", sales},
		{"proof", proof},
		{"prices", pricesPage},
		{"new-price", newPrice},
		{"settings", page(desk.PageSettings)},
	}, slices.Concat(chatScenes(), officeScenes(), faceScenes(), backupScenes())...)
}

func loginRefused(p desk.Prefs) *Stage {
	s := NewStage(p)
	s.Do(desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemLoginRefused, "")})
	return s
}

func unenrolled(p desk.Prefs) *Stage {
	s := NewStage(p)
	s.Do(desk.Enrolment{})
	return s
}

func calm(p desk.Prefs, nozzles int) *Stage {
	s := NewStage(p)
	s.SignIn(wire.RoleCashier)
	forecourt := Idle(nozzles)
	s.Connect(forecourt, wire.DeskSnap{Station: StationName, Prices: s.PriceBoard(forecourt), Proofs: Proofs(forecourt)})
	return s
}

// busyForecourt has a nozzle in every state.
func busyForecourt() wire.ForecourtSnap {
	f := Idle(16)
	at := func(number int, state wire.NozzleState, volume unit.Millilitre) *wire.Nozzle {
		n := &f.Nozzles[number-1]
		n.State, n.Volume = state, volume
		n.Amount, _ = unit.Amount(volume, n.Price)
		return n
	}
	at(2, wire.NozzleCalling, 0)
	at(4, wire.NozzleFuelling, 15_870)
	at(5, wire.NozzleFuelling, 41_020).Preset = wire.Preset{Kind: wire.PresetMoney, Money: 40000}
	at(6, wire.NozzlePaused, 8_240)
	at(8, wire.NozzleAuthorized, 0).Preset = wire.Preset{Kind: wire.PresetMoney, Money: 20000}
	at(9, wire.NozzleFinished, 33_110)
	stop := at(11, wire.NozzleStopped, 12_050)
	stop.Hold = wire.HoldStop
	fault := at(12, wire.NozzleFault, 0)
	fault.Fault = "E-07 编码器"
	at(13, wire.NozzleOffline, 0)
	shut := at(14, wire.NozzleIdle, 0)
	shut.Mode = wire.ModeClosed
	at(15, wire.NozzleFuelling, 22_500)
	return f
}

// Busy is the board at 7 a.m.
func Busy(p desk.Prefs) *Stage { return busyAs(p, wire.RoleCashier) }

func busyAs(p desk.Prefs, role wire.Role) *Stage {
	s := NewStage(p)
	s.SignIn(role)
	f := busyForecourt()
	n := func(number int) wire.Nozzle { return f.Nozzles[number-1] }
	s.Connect(f, wire.DeskSnap{
		Station: StationName, Prices: s.PriceBoard(f, 4), Proofs: busyProofs(f),
		Sales: []wire.Sale{
			s.Paid(n(1), 26_000, 20000, 30*time.Minute),
			s.SaleOf(n(7), wire.SaleUnpaid, 48_730, 7*time.Minute),
			s.Missing(n(16)),
			s.SaleOf(n(3), wire.SaleUnpaid, 25_600, 2*time.Minute),
			s.SaleOf(n(15), wire.SaleUnpaid, 30_150, 90*time.Second),
			s.Chengdu(n(10)),
			s.SaleOf(n(1), wire.SaleUnpaid, 13_330, 20*time.Second),
		},
	})
	return s
}

func busyProofs(f wire.ForecourtSnap) []wire.NozzleProof {
	proofs := Proofs(f)
	proofs[9].Quarantined, proofs[9].Booked = 43_210, proofs[9].Booked-43_210
	proofs[15].Missing, proofs[15].Booked = 18_350, proofs[15].Booked-18_350
	return proofs
}

// Cash is a payment being typed: 200 yuan for a sale of 192.
func Cash(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Press{Key: "3"}, desk.Press{Key: desk.KeyF1})
	s.Do(desk.Press{Key: "2"}, desk.Press{Key: "0"}, desk.Press{Key: "0"})
	return s
}

func cashShort(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Press{Key: "3"}, desk.Press{Key: desk.KeyF1}, desk.Press{Key: "1"}, desk.Press{Key: "5"}, desk.Press{Key: "0"})
	return s
}

// Pay presses F8 and returns the command the till asked to send, with a key.
func (s *Stage) Pay() desk.Command {
	s.Effects = nil
	s.Do(desk.Press{Key: desk.KeyF8})
	for _, e := range s.Effects {
		if send, ok := e.(desk.Send); ok {
			c := send.Command
			c.Key = id.New[id.Command](s.IDs)
			s.Do(desk.Sent{Command: c})
			return c
		}
	}
	return desk.Command{}
}

func paying(p desk.Prefs) *Stage {
	s := Cash(p)
	s.Pay()
	return s
}

func payUnknown(p desk.Prefs) *Stage {
	s := Cash(p)
	c := s.Pay()
	s.Do(desk.Unknown{Command: c})
	return s
}

func payRefused(p desk.Prefs) *Stage {
	s := Cash(p)
	c := s.Pay()
	s.Do(desk.Refused{Command: c, Problem: wire.NewProblem(wire.ProblemAmountChanged, "")})
	s.Wait(9 * time.Second)
	s.Beat()
	return s
}

func receipt(p desk.Prefs) *Stage {
	s := Cash(p)
	s.Do(desk.Answered{Command: s.Pay()})
	return s
}

func quarantine(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 10})
	return s
}

func missing(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 16})
	return s
}

func driveOff(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 7}, desk.OpenResolve{Act: wire.ResolveDriveOff}, desk.Confirm{})
	return s
}

func accept(p desk.Prefs) *Stage {
	s := quarantine(p)
	s.Do(desk.OpenResolve{Act: wire.ResolveAccept})
	return s
}

func controlled(p desk.Prefs) *Stage {
	s := Busy(p)
	n := busyForecourt().Nozzles[1]
	n.Mode = wire.ModeControlled
	s.Nozzle(n)
	s.Do(desk.Choose{Nozzle: 2}, desk.Press{Key: "2", Pad: true}, desk.Press{Key: desk.KeyZeros, Pad: true})
	return s
}

func fuelling(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 4})
	return s
}

// Disconnected is a till whose hub has gone away in the middle of the morning.
func Disconnected(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 3}, desk.Lost{Reason: "connection reset"})
	s.Wait(12 * time.Second)
	return s
}

func pumpsAway(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Do(desk.Choose{Nozzle: 3})
	s.BeatWithoutPumps()
	return s
}

func stopped(p desk.Prefs) *Stage {
	s := Busy(p)
	for _, n := range busyForecourt().Nozzles {
		n.Hold = wire.HoldStop
		if n.State == wire.NozzleFuelling || n.State == wire.NozzlePaused || n.State == wire.NozzleCalling {
			n.State = wire.NozzleStopped
		}
		s.Nozzle(n)
	}
	s.Do(desk.Choose{Nozzle: 4})
	return s
}

func toasts(p desk.Prefs) *Stage {
	s := receipt(p)
	s.Wait(3 * time.Second)
	n := busyForecourt().Nozzles[2]
	n.State, n.Fault = wire.NozzleFault, "E-01"
	s.Nozzle(n)
	return s
}

func page(which desk.Page) func(desk.Prefs) *Stage {
	return func(p desk.Prefs) *Stage {
		s := Busy(p)
		s.Do(desk.GoTo{Page: which})
		return s
	}
}

func sales(p desk.Prefs) *Stage {
	s := page(desk.PageSales)(p)
	f := busyForecourt()
	var list wire.SaleList
	states := []wire.SaleState{wire.SalePaid, wire.SalePaid, wire.SaleTest, wire.SalePaid, wire.SaleDriveOff, wire.SalePaid, wire.SaleVoid}
	for i := range 24 {
		n := f.Nozzles[(i*5)%16]
		sale := s.SaleOf(n, states[i%len(states)], unit.Millilitre(9_410+i*2_310), time.Duration(i*47+3)*time.Minute)
		if sale.State == wire.SalePaid {
			sale = s.Paid(n, sale.Volume, sale.Amount+300, time.Duration(i*47+3)*time.Minute)
		}
		list.Sales = append(list.Sales, sale)
	}
	list.Next = list.Sales[23].ID
	s.Do(desk.SalesLoaded{List: list}, desk.ChooseSale{Sale: list.Sales[1].ID})
	return s
}

func proof(p desk.Prefs) *Stage {
	s := page(desk.PageProof)(p)
	wrong := busyProofs(busyForecourt())[5]
	wrong.Last += 1_005
	wrong.Difference = 1_005
	s.Proof(wrong)
	return s
}

func pricesPage(p desk.Prefs) *Stage {
	s := busyAs(p, wire.RoleHead)
	s.Do(desk.GoTo{Page: desk.PagePrices})
	return s
}

func newPrice(p desk.Prefs) *Stage {
	s := pricesPage(p)
	s.Do(desk.OpenPrice{Grade: "92#"})
	return s
}
