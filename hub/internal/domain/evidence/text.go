package evidence

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a station's zone must not depend on who checks

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// version is the first line of every text.
const version = "forecourt-evidence 1"

// Labels of lines that are looked for again.
const labelZone = "时区"

// timeLayout is RFC 3339 with the milliseconds that are kept.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Text is evidence as it is signed: UTF-8, a line for each thing, label, colon
// and value with its unit, each ending with LF, the times in zone. It depends
// on nothing but its arguments. Its form must never change under its version:
// what was signed is checked for ever.
func Text(e wire.Evidence, zone *time.Location) string {
	t := text{zone: zone}
	t.out.WriteString(version + "\n")
	t.delivery(e)
	t.figures(e)
	t.prices(e)
	for _, c := range e.Checks {
		t.line("核对", CheckLabel(c.Kind)+" "+ResultLabel(c.Result))
	}
	for _, l := range e.Lines {
		t.line(FeeLabel(l.Kind), strings.TrimSpace(yuan(l.Amount)+" "+noteLabel(l.Note)))
	}
	if !e.Order.PaidAt.IsZero() {
		t.line("付款时间", t.time(e.Order.PaidAt))
	}
	t.line("曲线点数", strconv.Itoa(len(e.Trace)))
	t.line("曲线 SHA-256", TraceDigest(e.Trace))
	return t.out.String()
}

// text is a text under construction.
type text struct {
	out  strings.Builder
	zone *time.Location
}

// line adds one line. What comes from outside stays in it: a value cannot
// bring another line along.
func (t *text) line(label, value string) {
	t.out.WriteString(label + "：" + flat(value) + "\n")
}

// flat is a value without line breaks and other control characters.
func flat(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029' || r == '\ufffd' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(value, "?"))
}

func (t *text) time(at time.Time) string {
	if at.IsZero() {
		return unknown
	}
	return at.In(t.zone).Format(timeLayout)
}

func (t *text) delivery(e wire.Evidence) {
	o := e.Order
	t.line("加油站", o.StationName)
	t.line("加油站标识", o.Station.String())
	t.line(labelZone, t.zone.String())
	t.line("编号", o.Number)
	t.line("交易标识", o.Sale.String())
	t.line("油机记录", orUnknown(e.DeviceKey))
	t.line("加油机", machine(e.Dispenser))
	t.line("油枪", fmt.Sprintf("%d 号", o.Nozzle))
	t.line("油品", o.Grade)
	t.line("状态", StateLabel(o.State))
	t.line("开始时间", t.time(o.StartedAt))
	t.line("结束时间", t.time(o.EndedAt))
}

func (t *text) figures(e wire.Evidence) {
	t.line("油机显示体积", litres(e.Shown))
	t.line("油机显示金额", yuan(e.ShownAmount))
	var volume unit.Millilitre
	var amount unit.Fen
	if charged(e.Order.State) {
		volume, amount = e.Order.Volume, e.Order.Amount
	}
	t.line("计费体积", litres(volume))
	t.line("计费金额", yuan(amount))
	t.line("泵码起", litres(e.Before))
	t.line("泵码止", litres(e.After))
	t.line("泵码差", litres(e.After-e.Before))
	previous := unknown
	if e.Previous != nil {
		previous = litres(*e.Previous)
	}
	t.line("本枪上一笔泵码止", previous)
}

// charged reports whether a sale of this state costs its driver what its order says.
func charged(s wire.SaleState) bool {
	return s == wire.SaleUnpaid || s == wire.SalePaid || s == wire.SaleDriveOff
}

func (t *text) prices(e wire.Evidence) {
	t.line("枪上单价", each(e.Order.Price))
	if e.Listed == 0 {
		t.line("挂牌单价", unknown)
		return
	}
	t.line("挂牌单价", each(e.Listed))
	t.line("枪上单价减挂牌单价", each(e.Order.Price-e.Listed))
	t.line("价格版本", e.PriceSet.String())
	t.line("价格生效时间", t.time(e.PriceSince))
}

// zoneOf is the zone that a text's times are in.
func zoneOf(text string) (*time.Location, error) {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, labelZone+"："); ok {
			zone, err := time.LoadLocation(strings.TrimSuffix(name, "\n"))
			if err != nil {
				return nil, fmt.Errorf("evidence: the zone of the text: %w", err)
			}
			return zone, nil
		}
	}
	return nil, fmt.Errorf("%w: it names no zone", ErrSignature)
}

func litres(v unit.Millilitre) string { return v.String() + " L" }
func yuan(f unit.Fen) string          { return f.String() + " 元" }
func each(p unit.FenPerLitre) string  { return p.String() + " 元/L" }
