package evidence

import (
	"strings"
	"time"

	"forecourt/shared/wire"
)

// Measures of the page, in points.
const (
	left   = 42.0
	right  = 553.3
	across = right - left
	gutter = 24.0
	column = (across - gutter) / 2
	second = left + column + gutter // where the right column begins
)

// shortTime is how a page shows a moment; the zone stands beside it once.
const shortTime = "2006-01-02 15:04:05"

// PDF is signed evidence as one page of A4, the times in zone. The same
// evidence makes the same bytes: the page is dated by the delivery's end.
func PDF(e wire.Evidence, zone *time.Location) ([]byte, error) {
	s := draw(e, zone)
	return s.bytes()
}

func draw(e wire.Evidence, zone *time.Location) *sheet {
	s := newSheet("加油凭证 "+e.Order.Number, e.Order.EndedAt.In(zone))
	s.head(e)
	s.amounts(e)
	s.facts(e, zone)
	y := s.money(e)
	s.meter(e)
	y = s.checks(e, y+27)
	y = s.section(left, y+25, across, "加油过程（升，分:秒）")
	s.curve(frame{left + 34, y + 11, across - 40, curveHeight}, e.Trace)
	s.signed(e, y+curveHeight+44)
	return s
}

// curveHeight is the height of the curve.
const curveHeight = 82.0

// head is the title, the station and what the delivery is called.
func (s *sheet) head(e wire.Evidence) {
	s.box(0, 0, 595.3, 6, brand)
	s.text(left, 48, style{bold, 22, ink}, "加油凭证")
	name, st := s.fit(column+80, style{bold, 12, ink}, flat(e.Order.StationName))
	s.right(right, 38, st, name)
	s.right(right, 53, style{regular, 9, soft}, "编号 "+e.Order.Number+"　"+StateLabel(e.Order.State))
	s.line(left, 64, right, 64, 0.7, hair)
}

// amounts is what matters most, large: litres, money and price.
func (s *sheet) amounts(e wire.Evidence) {
	const top, height = 74.0, 58.0
	s.box(left, top, across, height, ground)
	big, caption, unitOf := style{bold, 26, ink}, style{regular, 8.5, soft}, style{regular, 11, soft}
	third := across / 3
	for i, cell := range []struct{ caption, figure, unit string }{
		{"体积", e.Order.Volume.Display(), "L"},
		{"金额", e.Order.Amount.String(), "元"},
		{"枪上单价", e.Order.Price.String(), "元/L"},
	} {
		x := left + 14 + float64(i)*third
		s.text(x, top+17, caption, cell.caption)
		figure, st := s.fit(third-50, big, cell.figure)
		s.text(x, top+46, st, figure)
		s.text(x+s.width(st, figure)+5, top+46, unitOf, cell.unit)
	}
	switch {
	case e.Order.State == wire.SaleQuarantined:
		s.text(left, top+height+15, style{bold, 9.5, doubt}, "油机数据不符：正在核实，本次不收费。以上为油机显示的数字。")
	case !charged(e.Order.State):
		s.text(left, top+height+15, style{bold, 9.5, soft}, "本次不收费。以上为油机显示的数字。")
	case e.Shown != e.Order.Volume || e.ShownAmount != e.Order.Amount:
		s.text(left, top+height+15, style{bold, 9.5, doubt},
			"油机显示 "+e.Shown.Display()+" L、"+yuan(e.ShownAmount)+"；经核实按以上数字计费。")
	}
}

// facts is where and when, in two rows of four.
func (s *sheet) facts(e wire.Evidence, zone *time.Location) {
	ended := e.Order.EndedAt.In(zone)
	cells := [][2]string{
		{"开始", e.Order.StartedAt.In(zone).Format(shortTime)},
		{"结束（" + ended.Format("-07:00") + "）", ended.Format(shortTime)},
		{"加油机 / 油枪", machine(e.Dispenser) + " / " + machine(e.Order.Nozzle)},
		{"油品", flat(e.Order.Grade)},
	}
	for i, c := range cells {
		x := left + float64(i)*across/4
		s.text(x, 168, style{regular, 8.5, soft}, c[0])
		s.fitted(x, 182, across/4-8, style{regular, 10.5, ink}, c[1])
	}
}

// section is a heading with a line under it; it gives where the rest begins.
func (s *sheet) section(x, y, width float64, title string) float64 {
	s.text(x, y, style{bold, 10.5, brand}, title)
	s.line(x, y+5, x+width, y+5, 0.7, hair)
	return y + 5
}

// rowHeight is the distance of two rows of a table.
const rowHeight = 15.5

// row is a label and a figure at the other end.
func (s *sheet) row(x, y float64, st style, label, figure string) {
	s.text(x, y, style{st.face, st.size, soft}, label)
	figure, st = s.fit(column-s.width(st, label)-8, st, figure)
	s.right(x+column, y, st, figure)
}

// tablesTop is where the two tables in the middle begin.
const tablesTop = 212.0

// money is prices and what it cost, a line for each thing, none left out.
func (s *sheet) money(e wire.Evidence) (bottom float64) {
	y := s.section(left, tablesTop, column, "价格与费用")
	plain := style{regular, 9.5, ink}
	rows := [][2]string{{"枪上单价", each(e.Order.Price)}}
	if e.Listed == 0 {
		rows = append(rows, [2]string{"挂牌单价", unknown})
	} else {
		rows = append(rows, [2]string{"挂牌单价", each(e.Listed)}, [2]string{"枪上单价减挂牌单价", each(e.Order.Price - e.Listed)})
	}
	for _, l := range e.Lines {
		figure := yuan(l.Amount)
		if note := noteLabel(l.Note); note != "" {
			figure = "（" + flat(note) + "）　" + figure
		}
		rows = append(rows, [2]string{FeeLabel(l.Kind), figure})
	}
	for i, r := range rows {
		st := plain
		if i >= len(rows)-2 {
			st.face = bold // what is owed and what was paid
		}
		y += rowHeight
		s.row(left, y, st, r[0], r[1])
	}
	return y
}

// meter is the totalizer around the delivery, beside the volume.
func (s *sheet) meter(e wire.Evidence) {
	y := s.section(second, tablesTop, column, "泵码（累计表，升）")
	previous := unknown
	if e.Previous != nil {
		previous = e.Previous.String()
	}
	for _, r := range []struct {
		label, figure string
		face          string
	}{
		{"本枪上一笔泵码止", previous, regular},
		{"泵码起", e.Before.String(), regular},
		{"泵码止", e.After.String(), regular},
		{"泵码差", (e.After - e.Before).String(), bold},
		{"油机显示体积", e.Shown.String(), bold},
		{"油机显示金额（元）", e.ShownAmount.String(), regular},
	} {
		y += rowHeight
		s.row(second, y, style{r.face, 9.5, ink}, r.label, r.figure)
	}
}

// checks is what has to agree, and whether it does.
func (s *sheet) checks(e wire.Evidence, y float64) (bottom float64) {
	y = s.section(left, y, across, "核对")
	for i, c := range e.Checks {
		x := left
		if i%2 == 1 {
			x = second
		} else {
			y += rowHeight
		}
		st := style{bold, 9.5, soft}
		switch c.Result {
		case wire.CheckAgrees:
			st.in = good
		case wire.CheckDiffers:
			st.in = doubt
		}
		s.text(x, y, style{regular, 9.5, ink}, CheckLabel(c.Kind))
		s.right(x+column, y, st, ResultLabel(c.Result))
	}
	return y
}

// signed is the signed text, word for word, the signature, and how to check it.
func (s *sheet) signed(e wire.Evidence, y float64) {
	y = s.section(left, y, across, "签名原文")
	const leading = 9.0
	tiny := style{regular, 6.8, ink}
	lines := strings.Split(strings.TrimSuffix(e.Signed.Text, "\n"), "\n")
	half := (len(lines) + 1) / 2
	for i, line := range lines {
		x, row := left, i
		if i >= half {
			x, row = second, i-half
		}
		s.fitted(x, y+leading*float64(row+1)+2, column, tiny, line)
	}
	y += leading*float64(half) + 18
	label, code := style{regular, 7.5, soft}, style{regular, 7.5, ink}
	for _, r := range [][2]string{{"签名（Ed25519）", e.Signed.Signature}, {"公钥", e.Signed.Key}} {
		s.text(left, y, label, r[0])
		s.fitted(left+66, y, across-66, code, r[1])
		y += 11
	}
	s.text(left, y+2, label, "查验：签名针对以上原文（UTF-8，先左栏后右栏，每行以换行符结尾）。公钥须与加油站公布的一致（/v1/driver/evidence-key），")
	s.text(left, y+12, label, "可用任何 Ed25519 工具查验，或把凭证数据（JSON）交给 hub verify-evidence 查验，不需要加油站在场。")
}
