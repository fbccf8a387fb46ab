package desk

import (
	"cmp"
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Nozzle pictures: face and word of each state.
var (
	stateFaces = map[wire.NozzleState]Face{
		wire.NozzleOffline: FaceOffline, wire.NozzleFault: FaceFault, wire.NozzleClosed: FaceClosed,
		wire.NozzleIdle: FaceIdle, wire.NozzleCalling: FaceCalling, wire.NozzleAuthorized: FaceAuthorized,
		wire.NozzleFuelling: FaceFuelling, wire.NozzlePaused: FacePaused, wire.NozzleStopped: FaceStopped,
		wire.NozzleFinished: FaceFinished,
	}
	faceWords = map[Face]Word{
		FaceIdle: WordIdle, FaceCalling: WordCalling, FaceAuthorized: WordAuthorized,
		FaceFuelling: WordFuelling, FacePaused: WordPaused, FaceFinished: WordFinished,
		FaceUnpaid: WordUnpaid, FaceReserved: WordReserved, FaceQuarantined: WordQuarantined,
		FaceFault: WordFault, FaceStopped: WordStopped, FaceOffline: WordOffline,
		FaceClosed: WordClosed, FaceNoData: WordNoData,
	}
)

// tiles draws the board, by nozzle number.
func (s *State) tiles() []Tile {
	waiting := s.HubFresh()
	stacks := map[int]stack{}
	if waiting {
		stacks = s.stacks()
	}
	nozzles := s.mirrors.nozzles()
	out := make([]Tile, 0, len(nozzles))
	for _, n := range nozzles {
		out = append(out, s.tile(n, stacks[n.Number]))
	}
	return out
}

// stack is what waits on one nozzle.
type stack struct {
	first        wire.Sale // what the tile stands for
	unpaid, held int
}

func (s *State) stacks() map[int]stack {
	out := map[int]stack{}
	for _, sale := range s.waiting() {
		st := out[sale.Nozzle]
		switch {
		case sale.State == wire.SaleUnpaid && st.unpaid == 0:
			st.first = sale
		case st.first.ID.IsZero():
			st.first = sale
		}
		if sale.State == wire.SaleUnpaid {
			st.unpaid++
		} else {
			st.held++
		}
		out[sale.Nozzle] = st
	}
	return out
}

// tile draws one nozzle. What fuel does now comes before what waits for
// money; both come before rest.
func (s *State) tile(n wire.Nozzle, waits stack) Tile {
	t := Tile{Nozzle: n.Number, Grade: n.Grade, Chosen: n.Number == s.picked.nozzle}
	shown := false
	switch {
	case s.PumpsFresh() && (!atRest(n) || waits.first.ID.IsZero()):
		s.liveTile(&t, n)
	case !waits.first.ID.IsZero():
		s.waitingTile(&t, waits.first)
		shown = true
	default:
		t.Face = FaceNoData
	}
	t.Word = s.text(faceWords[t.Face])
	if t.Face == FaceQuarantined && waits.first.State == wire.SaleMissing {
		t.Word = s.text(WordMissing)
	}
	s.badge(&t, waits, shown)
	return t
}

// atRest reports whether nothing happens on a nozzle that would matter more
// than a sale that waits on it.
func atRest(n wire.Nozzle) bool {
	if n.Hold == wire.HoldStop {
		return false
	}
	return n.State == wire.NozzleIdle || n.State == wire.NozzleFinished || n.State == wire.NozzleClosed
}

// liveTile draws what the pump does.
func (s *State) liveTile(t *Tile, n wire.Nozzle) {
	t.Face = s.faceOf(n)
	t.Price = n.Price.String()
	switch t.Face {
	case FaceOffline, FaceClosed:
		t.Price = ""
		if t.Face == FaceOffline {
			t.Note = s.since(n.Since)
		}
	case FaceFault:
		t.Pulse = true
		t.Note = cmp.Or(n.Fault, s.text(WordFaultUnknown))
	case FaceStopped:
		t.Pulse = true
		t.Note = s.text(WordStoppedByStation)
		s.lastFigures(t, n)
	case FaceCalling:
		t.Pulse = true
		if n.Mode == wire.ModeControlled {
			t.Note = s.text(WordWaitsForYou)
		}
	case FaceAuthorized:
		t.Note = s.preset(n.Preset)
	case FaceIdle:
		t.Calm = true
		s.lastFigures(t, n)
	default:
		t.Money, t.Litres = money(n.Amount), s.text(WordLitreUnit, n.Volume.Display())
		if n.Preset.Kind == wire.PresetMoney || n.Preset.Kind == wire.PresetVolume {
			t.Note = s.preset(n.Preset)
		}
	}
	if t.Note == "" && s.oldPrice(n.Number) {
		t.Note = s.text(WordPriceNotAcked)
	}
}

// lastFigures shows the nozzle's last delivery, if it has had one.
func (s *State) lastFigures(t *Tile, n wire.Nozzle) {
	if n.Volume != 0 || n.Amount != 0 {
		t.Money, t.Litres = money(n.Amount), s.text(WordLitreUnit, n.Volume.Display())
	}
}

// faceOf is the live face: the hold and the mode that the station asked for
// show as soon as they are true, and a stop shows even at rest.
func (s *State) faceOf(n wire.Nozzle) Face {
	switch {
	case n.State == wire.NozzleOffline || n.State == wire.NozzleFault:
		return stateFaces[n.State]
	case n.Mode == wire.ModeClosed && n.State == wire.NozzleIdle:
		return FaceClosed
	case n.Hold == wire.HoldStop && (n.State == wire.NozzleIdle || n.State == wire.NozzleFinished):
		return FaceStopped
	}
	if face, ok := stateFaces[n.State]; ok {
		return face
	}
	return FaceNoData
}

// waitingTile draws the sale that waits on a nozzle.
func (s *State) waitingTile(t *Tile, sale wire.Sale) {
	t.Face = FaceUnpaid
	t.Price = sale.Price.String()
	t.Money, t.Litres = money(sale.Due), s.text(WordLitreUnit, sale.Volume.Display())
	t.Note = s.waited(sale)
	t.Pulse = s.isOverdue(sale)
	switch sale.State {
	case wire.SaleQuarantined:
		t.Face, t.Pulse = FaceQuarantined, false
		t.Money, t.Note = money(sale.Amount), s.text(reasonOf(sale).short)
	case wire.SaleMissing: // there is no amount yet, only litres
		t.Face, t.Pulse = FaceQuarantined, false
		t.Money, t.Price, t.Note = "", "", s.text(WordShortMissing)
		t.Litres = s.text(WordLitreUnit, (sale.After - sale.Before).Display())
	}
}

// badge tells of sales that the tile does not stand for.
func (s *State) badge(t *Tile, waits stack, shown bool) {
	unpaid, held := waits.unpaid, waits.held
	if shown && t.Face == FaceUnpaid {
		unpaid-- // this one is the tile itself
	} else if shown {
		held--
	}
	switch {
	case held > 0:
		t.Badge, t.BadgeBad = s.text(WordAlsoQuarantined, held), true
	case unpaid > 0 && shown:
		t.Badge = "+" + s.text(WordMoreUnpaid, unpaid)
	case unpaid > 0:
		t.Badge = s.text(WordMoreUnpaid, unpaid)
	}
}

// waited says how long a sale has waited for its money.
func (s *State) waited(sale wire.Sale) string {
	minutes := int(s.hubNow().Sub(sale.EndedAt) / time.Minute)
	if minutes < 1 {
		return s.text(WordWaitingNow)
	}
	return s.text(WordWaitingMinutes, minutes)
}

func (s *State) isOverdue(sale wire.Sale) bool {
	return sale.State == wire.SaleUnpaid && s.hubNow().Sub(sale.EndedAt) >= OverdueAfter
}

// since prints from when something has been so.
func (s *State) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone).Format("15:04")
}

func (s *State) preset(p wire.Preset) string {
	switch p.Kind {
	case wire.PresetMoney:
		return s.text(WordPresetMoney, p.Money.Symbol())
	case wire.PresetVolume:
		return s.text(WordPresetVolume, p.Volume.Display())
	default:
		return s.text(WordPresetNone)
	}
}

// priceTags draws the prices in force over the board, with how many of the
// grade's nozzles have acknowledged them.
func (s *State) priceTags() []PriceTag {
	if !s.HubFresh() {
		return nil
	}
	board := s.mirrors.prices()
	acked, all := s.ackedByGrade()
	out := make([]PriceTag, 0, len(board.Prices))
	for _, p := range board.Prices {
		tag := PriceTag{Grade: p.Grade, Price: p.Price.String()}
		if all[p.Grade] > 0 && acked[p.Grade] < all[p.Grade] {
			tag.Acked, tag.Tone = s.text(WordPricesAcked, acked[p.Grade], all[p.Grade]), ToneWarn
			tag.Share = fmt.Sprintf("%d/%d", acked[p.Grade], all[p.Grade])
		}
		out = append(out, tag)
	}
	return out
}

// ackedByGrade counts, by grade, the nozzles that sell at the price in force.
func (s *State) ackedByGrade() (acked, all map[string]int) {
	acked, all = map[string]int{}, map[string]int{}
	for _, p := range s.mirrors.prices().Nozzles {
		n, ok := s.mirrors.nozzle(p.Nozzle)
		if !ok {
			continue
		}
		all[n.Grade]++
		if p.Acked {
			acked[n.Grade]++
		}
	}
	return acked, all
}

// oldPrice reports whether a nozzle still sells at another price.
func (s *State) oldPrice(nozzle int) bool {
	for _, p := range s.mirrors.prices().Nozzles {
		if p.Nozzle == nozzle {
			return !p.Acked
		}
	}
	return false
}

// why is a reason in words: a sentence, and two words for a tile.
type why struct{ long, short Word }

// reasonWords says why a sale is flagged.
var reasonWords = map[wire.Reason]why{
	wire.ReasonTotalizer: {WordReasonTotalizer, WordShortTotalizer},
	wire.ReasonAmount:    {WordReasonAmount, WordShortAmount},
	wire.ReasonChain:     {WordReasonChain, WordShortChain},
	wire.ReasonPrice:     {WordReasonPrice, WordShortPrice},
	wire.ReasonSmall:     {WordReasonSmall, WordShortSmall},
	wire.ReasonFigures:   {WordReasonFigures, WordShortFigures},
}

// reasonOf is the first reason of a sale that this version knows.
func reasonOf(sale wire.Sale) why {
	if sale.State == wire.SaleMissing {
		return why{WordReasonMissing, WordShortMissing}
	}
	for _, r := range sale.Reasons {
		if w, ok := reasonWords[r]; ok {
			return w
		}
	}
	return why{WordReasonOther, WordShortOther}
}

// sameSale reports whether a chosen sale is this one.
func (s *State) sameSale(sale id.Sale) bool { return s.picked.sale == sale }
