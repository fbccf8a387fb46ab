package desk

import (
	"strings"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// openResolve opens the dialog for the chosen sale if the act fits its state.
func (s *State) openResolve(act wire.ResolveAct) {
	sale, ok := s.findSale(s.picked.sale)
	if !ok || s.taken(sale.ID) || !resolvable(sale.State, act) || !s.takesMoney() {
		return
	}
	s.dialog = &dialog{act: act, sale: sale.ID}
}

// resolvable says which acts fit which states.
func resolvable(state wire.SaleState, act wire.ResolveAct) bool {
	switch act {
	case wire.ResolveDriveOff, wire.ResolveTest:
		return state == wire.SaleUnpaid
	case wire.ResolveAccept, wire.ResolveDismiss:
		return state == wire.SaleQuarantined || state == wire.SaleMissing
	default:
		return false
	}
}

// openPrice opens the dialog for a grade's new price; only the head sets prices.
func (s *State) openPrice(grade string) {
	if !s.leads() || !s.HubFresh() {
		return
	}
	if _, ok := s.gradePrice(grade); ok {
		s.dialog = &dialog{grade: grade}
	}
}

func (s *State) gradePrice(grade string) (wire.GradePrice, bool) {
	for _, p := range s.mirrors.prices().Prices {
		if p.Grade == grade {
			return p, true
		}
	}
	return wire.GradePrice{}, false
}

// confirm checks what was typed and sends it; what is wrong is said in the dialog.
func (s *State) confirm(e Confirm) []Effect {
	switch {
	case s.dialog == nil:
		return nil
	case !s.HubFresh():
		s.dialog.problem = WordNoConnection
		return nil
	case s.dialog.grade != "":
		return s.confirmPrice(e)
	}
	request := wire.ResolveRequest{Act: s.dialog.act, Note: strings.TrimSpace(e.Note)}
	const longestNote = 400 // characters, as the hub takes them
	if request.Note == "" || len([]rune(request.Note)) > longestNote {
		s.dialog.problem = WordNoteNeeded
		return nil
	}
	if s.dialog.act == wire.ResolveAccept {
		volume, err := unit.ParseMillilitre(strings.TrimSpace(e.Volume))
		amount, err2 := unit.ParseFen(strings.TrimSpace(e.Amount))
		if err != nil || err2 != nil || volume <= 0 || amount <= 0 || amount > maxAmount {
			s.dialog.problem = WordFiguresNeeded
			return nil
		}
		request.Volume, request.Amount = volume, amount
	}
	sale := s.dialog.sale
	s.dialog = nil
	return s.send(Command{Kind: CommandResolve, Sale: sale, Resolve: &request})
}

func (s *State) confirmPrice(e Confirm) []Effect {
	const highest unit.FenPerLitre = 99_99 // yuan 99.99 a litre: dispensers show four digits
	price, err := unit.ParseFenPerLitre(strings.TrimSpace(e.Amount))
	if err != nil || price <= 0 || price > highest {
		s.dialog.problem = WordPriceNeeded
		return nil
	}
	grade := s.dialog.grade
	s.dialog = nil
	return s.send(Command{Kind: CommandPrices, Prices: &wire.PriceRequest{
		Prices: []wire.GradePriceRequest{{Grade: grade, Price: price}},
	}})
}
