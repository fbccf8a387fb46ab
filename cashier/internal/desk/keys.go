package desk

import (
	"slices"
	"strconv"
	"strings"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// press is the one place where keys have their meaning.
func (s *State) press(p Press) []Effect {
	if p.Key == KeyF11 {
		return []Effect{Fullscreen{}}
	}
	if s.session == nil {
		if p.Key == KeyEscape && !s.login.busy {
			s.login = login{} // a code is no longer asked for
		}
		return nil
	}
	if s.dialog != nil {
		if p.Key == KeyEscape {
			s.dialog = nil
		}
		return nil
	}
	switch s.page {
	case PageSupport:
		return s.chatPress(p)
	case PageMembers, PageOffice:
		return s.officePress(p)
	}
	switch p.Key {
	case KeyEscape:
		s.back()
	case KeyF1:
		s.startTender()
	case KeyF5:
		s.chooseOldest()
	case KeyF7:
		return s.authorize()
	case KeyF8:
		return s.pay()
	case KeyF9:
		return s.stopChosen()
	case KeyF10:
		return s.pauseChosen()
	case KeyEnter:
		return s.enter()
	case KeyMore:
		s.tapQueue(+1)
	case KeyLess:
		s.tapQueue(-1)
	case KeyUp:
		s.step(-1)
	case KeyDown:
		s.step(+1)
	default:
		s.typed(p)
	}
	return nil
}

// enter goes one step on: an amount is paid, a payable sale asks for its amount.
func (s *State) enter() []Effect {
	if s.tender.active {
		return s.pay()
	}
	s.startTender()
	return nil
}

// back undoes one step: the dialog, the amount, the choice, the page.
func (s *State) back() {
	switch {
	case s.tender.active && !s.taken(s.picked.sale):
		s.tender = tender{}
	case s.picked.nozzle != 0 || !s.picked.sale.IsZero():
		s.unpick()
	default:
		s.page = PageBoard
	}
}

// typed takes digits: money while an amount is being typed or on the screen's
// keypad, the nozzle's number otherwise.
func (s *State) typed(p Press) {
	if p.Key == KeyStar {
		s.tender = tender{}
		s.picked.digits = ""
		return
	}
	if p.Pad || s.tender.active {
		s.typeAmount(p)
		return
	}
	if len(p.Key) == 1 && p.Key[0] >= '0' && p.Key[0] <= '9' {
		s.typeNozzle(string(p.Key))
	}
}

// typeNozzle chooses at once, and lets a digit soon after make the number longer.
func (s *State) typeNozzle(digit string) {
	digits := digit
	if s.now.Sub(s.picked.digitAt) <= digitWindow && s.nozzlePrefix(s.picked.digits+digit) {
		digits = s.picked.digits + digit
	}
	if !s.nozzlePrefix(digits) {
		s.say(ToneWarn, s.text(WordNoNozzle, digits))
		return
	}
	if n, _ := strconv.Atoi(digits); n > 0 {
		if _, ok := s.mirrors.nozzle(n); ok {
			s.choose(n)
		}
	}
	s.picked.digits, s.picked.digitAt = digits, s.now
}

// nozzlePrefix reports whether digits begin some nozzle's number; leading
// zeros do not count: 03 is 3.
func (s *State) nozzlePrefix(digits string) bool {
	significant := strings.TrimLeft(digits, "0")
	const longest = 4 // no station has ten thousand nozzles
	if len(digits) > longest {
		return false
	}
	return slices.ContainsFunc(s.mirrors.nozzles(), func(n wire.Nozzle) bool {
		return strings.HasPrefix(strconv.Itoa(n.Number), significant)
	})
}

// choose picks a nozzle and, through followNozzle, the sale that waits on it.
func (s *State) choose(nozzle int) {
	if s.session == nil || s.dialog != nil {
		return
	}
	if _, ok := s.mirrors.nozzle(nozzle); !ok {
		return
	}
	s.unpick()
	s.picked.nozzle = nozzle
	if sale, ok := s.waitingOn(nozzle); ok {
		s.picked.sale = sale.ID
	}
}

// chooseSale picks a sale of any list.
func (s *State) chooseSale(sale id.Sale) {
	if s.session == nil || s.dialog != nil {
		return
	}
	found, ok := s.findSale(sale)
	if !ok {
		return
	}
	s.unpick()
	s.picked.nozzle, s.picked.sale = found.Nozzle, sale
}

// chooseOldest picks the unpaid sale that has waited longest.
func (s *State) chooseOldest() {
	for _, sale := range s.mirrors.sales() {
		if sale.State == wire.SaleUnpaid && !s.taken(sale.ID) {
			s.chooseSale(sale.ID)
			return
		}
	}
	s.say(TonePlain, s.text(WordNothingUnpaid))
}

// step moves the choice through the sales that wait.
func (s *State) step(by int) {
	waiting := s.waiting()
	if len(waiting) == 0 {
		return
	}
	at := slices.IndexFunc(waiting, func(w wire.Sale) bool { return w.ID == s.picked.sale })
	switch {
	case at < 0 && by < 0:
		at = len(waiting) - 1
	case at < 0:
		at = 0
	default:
		at = min(max(at+by, 0), len(waiting)-1)
	}
	s.chooseSale(waiting[at].ID)
}

// unpick clears the panel and forgets commands that have come to their end.
func (s *State) unpick() {
	s.picked, s.tender = pick{}, tender{}
	for k, f := range s.flights {
		if !f.busy() && !s.paidAhead(f) {
			delete(s.flights, k)
		}
	}
}

// paidAhead reports whether the hub has confirmed a payment whose sale still
// looks unpaid: the news of it is on its way. Until then only the answer says
// that no money may be taken again.
func (s *State) paidAhead(f flight) bool {
	if f.phase != PhaseDone {
		return false
	}
	sale, ok := s.mirrors.sale(f.command.Sale)
	return ok && sale.State == wire.SaleUnpaid
}

// followNozzle brings up the sale of the chosen nozzle when it appears.
func (s *State) followNozzle() {
	if s.picked.nozzle == 0 || !s.picked.sale.IsZero() {
		return
	}
	if sale, ok := s.waitingOn(s.picked.nozzle); ok {
		s.picked.sale, s.picked.appeared = sale.ID, s.now
		s.tender = tender{}
	}
}

// waitingOn is the sale that a nozzle's tile stands for: the oldest unpaid
// one, else the oldest that needs a check.
func (s *State) waitingOn(nozzle int) (found wire.Sale, ok bool) {
	for _, sale := range s.waiting() {
		if sale.Nozzle != nozzle {
			continue
		}
		if sale.State == wire.SaleUnpaid {
			return sale, true
		}
		if !ok {
			found, ok = sale, true
		}
	}
	return found, ok
}

// waiting lists the sales that need a hand, oldest first.
func (s *State) waiting() []wire.Sale {
	var out []wire.Sale
	for _, sale := range s.mirrors.sales() {
		switch sale.State {
		case wire.SaleUnpaid, wire.SaleQuarantined, wire.SaleMissing:
			out = append(out, sale)
		}
	}
	return out
}

// findSale looks in the live sales first, then in the loaded list.
func (s *State) findSale(sale id.Sale) (wire.Sale, bool) {
	if found, ok := s.mirrors.sale(sale); ok {
		return found, true
	}
	for _, found := range s.sales.sales {
		if found.ID == sale {
			return found, true
		}
	}
	return wire.Sale{}, false
}

// startTender begins typing what was handed over.
func (s *State) startTender() {
	sale, ok := s.findSale(s.picked.sale)
	if !ok || sale.State != wire.SaleUnpaid || s.taken(sale.ID) || !s.takesMoney() {
		return
	}
	if !s.tender.active {
		s.tender = tender{active: true}
	}
	s.picked.appeared = sale.EndedAt // looked at: no longer under a finger
}

// typeAmount edits the amount by one key.
func (s *State) typeAmount(p Press) {
	if !s.tender.active && !s.mayPreset() {
		s.startTender()
	}
	if !s.tender.active && !s.mayPreset() {
		return
	}
	text := s.tender.text
	switch p.Key {
	case KeyBack:
		text = text[:max(0, len(text)-1)]
	case KeyClear:
		text = ""
	case KeyExact:
		if sale, ok := s.findSale(s.picked.sale); ok {
			text = sale.Due.String()
		}
	case KeyHundred:
		text = plusHundred(text)
	default:
		text = appendDigits(text, string(p.Key))
	}
	if amount, err := parseTyped(text); err == nil && amount <= maxAmount {
		s.tender.text = text
	}
}

// appendDigits adds digits or the point where the result is still an amount
// of at most two decimals without idle zeros in front.
func appendDigits(text, digits string) string {
	if digits == "." && strings.Contains(text, ".") {
		return text
	}
	for _, d := range digits {
		if _, fraction, point := strings.Cut(text, "."); point && len(fraction) == 2 {
			return text
		}
		if text == "0" && d != '.' {
			text = ""
		}
		if text == "" && d == '.' {
			text = "0"
		}
		text += string(d)
	}
	return text
}

// plusHundred adds a red note to what stands there.
func plusHundred(text string) string {
	const hundred unit.Fen = 100_00
	amount, err := parseTyped(text)
	if err != nil {
		return text
	}
	sum, err := unit.Add(amount, hundred)
	if err != nil {
		return text
	}
	return strings.TrimSuffix(sum.String(), ".00")
}

// parseTyped reads an amount that may still be in the middle of being typed.
func parseTyped(text string) (unit.Fen, error) {
	text = strings.TrimSuffix(text, ".")
	if text == "" {
		return 0, nil
	}
	return unit.ParseFen(text)
}
