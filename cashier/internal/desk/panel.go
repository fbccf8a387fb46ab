package desk

import (
	"cmp"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Panel is the right-hand side: it belongs to the chosen nozzle and its sale
// and keeps its geometry whatever it shows.
type Panel struct {
	Empty    bool
	Title    string // "3号枪 · 92#"
	Face     Face
	Word     string
	Caption  string // over the amount
	Amount   string // "200.00"; empty hides it
	Detail   string // "26.67 L × 7.50 元/L"
	Lines    []Line // at most MaxLines
	Tender   Line   // what was handed over, as it is typed
	Typing   bool
	Change   Line
	Status   string
	Tone     Tone
	Pad      bool // the keypad has something to type into
	Cash     Button
	Pay      Button // or authorize, in the controlled mode
	PayKey   Key
	Resolves []Resolve
	Stop     Button
	Pause    Button
}

// MaxLines is how many lines of detail a panel shows.
const MaxLines = 5

// Line is a label and its value.
type Line struct {
	Label, Value string
	Tone         Tone
}

// Resolve is a way out of the open list without money.
type Resolve struct {
	Act   wire.ResolveAct
	Label string
}

// panel draws what is chosen.
func (s *State) panel() Panel {
	p := Panel{PayKey: KeyF8}
	p.Cash = Button{Label: s.text(WordCash), Hint: string(KeyF1)}
	p.Pay = Button{Label: s.text(WordPay), Hint: string(KeyF8)}
	s.holdButtons(&p)
	sale, ok := s.findSale(s.picked.sale)
	switch {
	case s.picked.nozzle == 0 && !ok:
		p.Empty = true
		p.Title, p.Status, p.Tone = s.text(WordPanelEmpty), s.text(WordPanelEmptyHow), ToneSoft
		return p
	case !ok:
		s.nozzlePanel(&p)
		return p
	}
	p.Title = s.text(WordNozzleTitle, sale.Nozzle) + " · " + sale.Grade
	if s.flightPanel(&p, sale) {
		return p
	}
	if !s.HubFresh() {
		s.hiddenPanel(&p)
		return p
	}
	s.salePanel(&p, sale)
	return p
}

// hiddenPanel says that figures would be old.
func (s *State) hiddenPanel(p *Panel) {
	p.Face, p.Word = FaceNoData, s.text(WordNoData)
	p.Status, p.Tone = s.text(WordHiddenOffline), ToneWarn
}

// flightPanel draws a payment on its way or just ended. The money in it is
// what the cashier took, not news, so it stays when the hub is away.
func (s *State) flightPanel(p *Panel, sale wire.Sale) bool {
	f := s.flight(sale.ID)
	if f.phase == "" || f.phase == PhaseRefused && s.HubFresh() || f.command.Pay == nil && !f.busy() {
		return false
	}
	p.Face, p.Word = FaceUnpaid, s.text(WordUnpaid)
	if pay := f.command.Pay; pay != nil {
		p.Caption, p.Amount = s.text(WordDue), money(pay.Due)
		p.Tender = Line{s.text(WordTendered), money(pay.Tendered), TonePlain}
		p.Change = Line{s.text(WordChange), money(pay.Tendered - pay.Due), TonePlain}
	}
	p.Detail = s.figures(sale)
	switch f.phase {
	case PhaseUnknown:
		p.Status, p.Tone = s.text(WordPayUnknown), ToneWarn
		p.Pay.Label, p.Pay.Busy = s.text(WordPayUnknownShort), true
	case PhaseSending:
		p.Pay.Label, p.Pay.Busy = s.text(WordPaying), true
		if f.command.Kind == CommandResolve {
			p.Pay.Label = s.text(WordResolving)
		}
	case PhaseRefused:
		p.Status, p.Tone = s.text(WordPayFailed, s.problemText(f.problem, WordUnknownProblem)), ToneBad
	case PhaseDone:
		s.receipt(p, sale, f)
	}
	return true
}

// receipt draws a payment that is confirmed: the change is the biggest thing
// on the panel, because it is what the hand must do next.
func (s *State) receipt(p *Panel, sale wire.Sale, f flight) {
	paid := wire.Payment{Paid: f.command.Pay.Due, Tendered: f.command.Pay.Tendered, Change: f.command.Pay.Tendered - f.command.Pay.Due}
	if f.sale != nil && f.sale.Payment != nil {
		paid = *f.sale.Payment
	} else if sale.Payment != nil {
		paid = *sale.Payment
	}
	s.paidPanel(p, paid)
}

func (s *State) paidPanel(p *Panel, paid wire.Payment) {
	p.Face, p.Word = FaceFinished, s.text(WordPaid)
	p.Caption, p.Amount = s.text(WordChange), money(paid.Change)
	p.Tender = Line{s.text(WordTendered), money(paid.Tendered), TonePlain}
	p.Change = Line{s.text(WordDue), money(paid.Paid), TonePlain}
	p.Status, p.Tone = s.text(WordPaid), ToneGood
	if !paid.At.IsZero() {
		p.Status = s.text(WordPaidAt, s.clockOrDay(paid.At), paid.By)
	}
}

// figures prints litres times price.
func (s *State) figures(sale wire.Sale) string {
	return s.text(WordLitreUnit, sale.Volume.Display()) + " × " + s.text(WordPerLitre, sale.Price.String())
}

// salePanel draws a sale by its state.
func (s *State) salePanel(p *Panel, sale wire.Sale) {
	word, tone := s.saleState(sale)
	p.Word, p.Detail = word, s.figures(sale)
	p.Caption, p.Amount = s.text(WordColumnAmount), money(sale.Amount)
	switch sale.State {
	case wire.SaleUnpaid:
		s.payable(p, sale)
	case wire.SaleQuarantined, wire.SaleMissing:
		s.quarantined(p, sale)
	case wire.SalePaid:
		if sale.Payment != nil {
			s.paidPanel(p, *sale.Payment)
			return
		}
		p.Face, p.Status, p.Tone = FaceFinished, s.text(WordPaid), ToneGood
	case wire.SaleOpen:
		p.Face = FaceFuelling
		p.Status = s.text(WordStillFuelling)
	default:
		p.Face, p.Tone = FaceClosed, tone
		p.Status = s.text(WordSettledOtherwise)
		if sale.Note != "" {
			p.Lines = append(p.Lines, Line{s.text(WordNote), sale.Note, TonePlain})
		}
	}
}

// payable draws a sale that waits for its money.
func (s *State) payable(p *Panel, sale wire.Sale) {
	p.Face, p.Caption, p.Amount = FaceUnpaid, s.text(WordDue), money(sale.Due)
	if !s.takesMoney() {
		p.Status, p.Tone = s.text(WordRoleTakesNoMoney), ToneSoft
		return
	}
	p.Pad, p.Typing, p.Cash.On = true, s.tender.active, true
	tendered, change, why := s.change(sale.Due)
	p.Tender = Line{s.text(WordTendered), s.tender.text, TonePlain}
	if s.tender.text == "" {
		p.Tender.Value, p.Tender.Tone = s.text(WordTenderedExact), ToneSoft
	}
	p.Change = Line{s.text(WordChange), money(change), TonePlain}
	switch why {
	case WordShort:
		p.Change = Line{s.text(WordShort), money(tendered - sale.Due), ToneBad}
	case WordTooMuch:
		p.Change = Line{s.text(WordTooMuch), "", ToneBad}
	default:
		p.Pay.On = true
	}
	if f := s.flight(sale.ID); f.phase == PhaseRefused {
		p.Status, p.Tone = s.text(WordPayFailed, s.problemText(f.problem, WordUnknownProblem)), ToneBad
	} else if s.isOverdue(sale) {
		p.Status, p.Tone = s.waited(sale), ToneBad
	} else {
		p.Status, p.Tone = s.waited(sale), ToneSoft
	}
	p.Resolves = []Resolve{
		{wire.ResolveDriveOff, s.text(WordDriveOff)},
		{wire.ResolveTest, s.text(WordTest)},
	}
}

// quarantined says in words and figures why nothing may be charged.
func (s *State) quarantined(p *Panel, sale wire.Sale) {
	p.Face = FaceQuarantined
	p.Status, p.Tone = s.text(WordWhyTitle), ToneBad
	p.Caption = s.text(reasonOf(sale).long)
	p.Detail = "" // the litres stand below, beside those that were metered
	if s.attends() {
		p.Lines = []Line{
			{s.text(WordDisplayed), s.text(WordLitreUnit, sale.Volume.Display()), TonePlain},
			{s.text(WordEndedAt), s.clockOrDay(sale.EndedAt), ToneSoft},
		}
		return
	}
	moved := sale.After - sale.Before
	p.Lines = []Line{
		{s.text(WordDisplayed), s.text(WordLitreUnit, sale.Volume.Display()), TonePlain},
		{s.text(WordMetered), s.text(WordLitreUnit, moved.Display()), TonePlain},
	}
	if sale.State == wire.SaleMissing {
		p.Lines = p.Lines[1:]
		p.Amount = ""
	} else {
		p.Lines = append(p.Lines, Line{s.text(WordDifference), s.text(WordLitreUnit, (sale.Volume - moved).Display()), ToneBad})
	}
	p.Lines = append(p.Lines,
		Line{s.text(WordTotalizer), sale.Before.Display() + " → " + sale.After.Display(), ToneSoft},
		Line{s.text(WordEndedAt), s.clockOrDay(sale.EndedAt), ToneSoft})
	if !s.takesMoney() {
		return
	}
	p.Resolves = []Resolve{
		{wire.ResolveAccept, s.text(WordAccept)},
		{wire.ResolveDismiss, s.text(WordDismiss)},
	}
}

// nozzlePanel draws a nozzle on which no sale waits.
func (s *State) nozzlePanel(p *Panel) {
	n, _ := s.mirrors.nozzle(s.picked.nozzle)
	p.Title = s.text(WordNozzleTitle, n.Number) + " · " + n.Grade
	if !s.PumpsFresh() {
		s.hiddenPanel(p)
		return
	}
	p.Face = s.faceOf(n)
	p.Word = s.text(faceWords[p.Face])
	s.nozzleFigures(p, n)
	p.Lines = append(p.Lines, Line{s.text(WordMode), s.text(modeWords[n.Mode]), ToneSoft})
	p.Lines = append(p.Lines, Line{s.text(WordTotalizer), s.text(WordLitreUnit, n.Totalizer.Display()), ToneSoft})
	if s.oldPrice(n.Number) {
		p.Lines = append(p.Lines, Line{s.text(WordPrice), n.Price.String() + " · " + s.text(WordPriceNotAcked), ToneWarn})
	}
	if s.mayPreset() {
		s.presetPanel(p)
	}
}

// nozzleFigures shows what runs, or what ran last.
func (s *State) nozzleFigures(p *Panel, n wire.Nozzle) {
	p.Detail = s.text(WordLitreUnit, n.Volume.Display()) + " × " + s.text(WordPerLitre, n.Price.String())
	p.Amount = money(n.Amount)
	switch p.Face {
	case FaceOffline, FaceClosed, FaceCalling, FaceAuthorized:
		p.Amount, p.Detail = "", ""
	case FaceFault:
		p.Amount, p.Detail = "", ""
		p.Status, p.Tone = cmp.Or(n.Fault, s.text(WordFaultUnknown)), ToneBad
	case FaceStopped:
		p.Status, p.Tone = s.text(WordStoppedByStation), ToneBad
		p.Caption = s.text(WordLastSale)
	case FaceIdle:
		p.Caption = s.text(WordLastSale)
	default:
		p.Caption = p.Word
	}
	if n.Preset.Kind != "" && n.Preset.Kind != wire.PresetNone {
		p.Status, p.Tone = s.preset(n.Preset), ToneSoft
	}
	if p.Amount == money(0) && n.Volume == 0 && p.Face == FaceIdle {
		p.Amount, p.Detail, p.Caption = "", "", ""
	}
}

// presetPanel turns the pay button into the authorize button.
func (s *State) presetPanel(p *Panel) {
	p.Pad, p.Typing = true, s.tender.text != ""
	p.PayKey = KeyF7
	busy := s.flights[slot{kind: CommandAuthorize, nozzle: s.picked.nozzle}].busy()
	p.Pay = Button{Label: s.text(WordAuthorize), Hint: string(KeyF7), On: !busy, Busy: busy}
	preset := wire.Preset{Kind: wire.PresetNone}
	if amount := s.typedAmount(); amount > 0 {
		preset = wire.Preset{Kind: wire.PresetMoney, Money: amount}
	}
	p.Tender = Line{s.text(WordAuthorize), s.preset(preset), TonePlain}
	p.Change = Line{s.text(WordMode), s.text(WordModeControlled), ToneSoft}
	p.Lines = nil // the keypad stands in their place
	p.Status, p.Tone = s.text(WordAuthorizeHint), ToneSoft
}

var modeWords = map[wire.Mode]Word{
	wire.ModeAttended: WordModeAttended, wire.ModeControlled: WordModeControlled, wire.ModeClosed: WordModeClosed,
}

// holdButtons draws stop and pause, resume or release for the chosen nozzle.
// They stay usable as long as the hub is there: a stop is worth trying even
// when the pumps are not heard.
func (s *State) holdButtons(p *Panel) {
	p.Stop = Button{Label: s.text(WordStop), Hint: string(KeyF9)}
	p.Pause = Button{Label: s.text(WordPause), Hint: string(KeyF10)}
	n, ok := s.mirrors.nozzle(s.picked.nozzle)
	if !ok || !s.laysHand() {
		return
	}
	busy := s.flights[slot{kind: CommandHold, nozzle: n.Number}].busy()
	p.Stop.On = s.link.up && n.Hold != wire.HoldStop
	p.Pause.On, p.Pause.Busy = s.link.up && !busy, busy
	switch n.Hold {
	case wire.HoldStop:
		p.Pause.Label = s.text(WordRelease)
	case wire.HoldPause:
		p.Pause.Label = s.text(WordResume)
	}
}

// Dialog is an open dialog. The amount is the biggest thing in it.
type Dialog struct {
	Title, What, Amount string
	Danger              bool
	Note                string // label; empty hides the field
	Volume, AmountField string // labels; empty hides the field
	// VolumeText and AmountText are what the fields begin with.
	VolumeText, AmountText string
	Problem                string
	Confirm, Cancel        string
}

var dialogWords = map[wire.ResolveAct][2]Word{
	wire.ResolveDriveOff: {WordDialogDriveOff, WordDialogDriveOffWhat},
	wire.ResolveTest:     {WordDialogTest, WordDialogTestWhat},
	wire.ResolveAccept:   {WordDialogAccept, WordDialogAcceptWhat},
	wire.ResolveDismiss:  {WordDialogDismiss, WordDialogDismissWhat},
}

// dialogForm draws the open dialog.
func (s *State) dialogForm() *Dialog {
	if s.dialog == nil {
		return nil
	}
	d := &Dialog{Confirm: s.text(WordConfirm), Cancel: s.text(WordCancel)}
	if s.dialog.problem != WordNone {
		d.Problem = s.text(s.dialog.problem)
	}
	if s.dialog.grade != "" {
		p, _ := s.gradePrice(s.dialog.grade)
		d.Title, d.What = s.text(WordDialogPrice, s.dialog.grade), s.text(WordDialogPriceWhat)
		d.Amount, d.AmountField = p.Price.String(), s.text(WordPriceField)
		return d
	}
	sale, _ := s.findSale(s.dialog.sale)
	words := dialogWords[s.dialog.act]
	d.Title = s.text(words[0]) + " · " + s.text(WordNozzleTitle, sale.Nozzle)
	d.What, d.Amount, d.Danger = s.text(words[1]), money(sale.Due), true
	d.Note = s.text(WordNoteHint)
	if sale.State != wire.SaleUnpaid {
		d.Amount = money(sale.Amount)
	}
	if s.dialog.act == wire.ResolveAccept {
		s.proposeFigures(d, sale)
	}
	return d
}

// proposeFigures begins with what the totalizer moved, at the sale's price.
func (s *State) proposeFigures(d *Dialog, sale wire.Sale) {
	d.Volume, d.AmountField, d.Danger = s.text(WordLitresField), s.text(WordAmountField), false
	price := sale.Price
	if price == 0 {
		if p, ok := s.gradePrice(sale.Grade); ok {
			price = p.Price
		}
	}
	moved := max(0, sale.After-sale.Before)
	amount, err := unit.Amount(moved, price)
	if err != nil || moved == 0 {
		return
	}
	d.VolumeText, d.AmountText, d.Amount = moved.String(), amount.String(), money(amount)
}
