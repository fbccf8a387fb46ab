// Package plan lays out simulated stations: which lines there are, which
// points hang on them, and which nozzles on those.
package plan

import "fmt"

// Protocols a line may speak.
const (
	PTS  = "pts"
	DART = "dart"
)

// Line is one line that ends at pumpd.
type Line struct {
	// Name tells lines apart: "island-1".
	Name string
	// Protocol is PTS or DART.
	Protocol string
	// DialsIn: a PTS controller that dials in by WebSocket and uploads its
	// sales, instead of being asked.
	DialsIn bool
	// Points are the fuelling points on it.
	Points []Point
}

// Way is how its dispensers are spoken with, for people.
func (l Line) Way() string {
	switch {
	case l.Protocol == DART:
		return "Wayne DART (serial over TCP)"
	case l.DialsIn:
		return "jsonPTS (dialling in by WebSocket and uploading)"
	}
	return "jsonPTS (asked over HTTP)"
}

// Point is one fuelling point.
type Point struct {
	// Address is what the protocol calls it.
	Address int
	// Nozzles are the station's numbers, in the point's order.
	Nozzles []int
}

// firstDART is the first address of the protocol.
const firstDART = 0x50

// Demo is the demonstration station: four dispensers behind a jsonPTS
// controller, four on a DART line, two of those with a point for each nozzle.
func Demo() []Line {
	return []Line{
		{Name: "pts", Protocol: PTS, Points: []Point{
			{1, []int{1, 2}},
			{2, []int{3, 4}},
			{3, []int{5, 6}},
			{4, []int{7, 8}},
		}},
		{Name: "dart", Protocol: DART, Points: []Point{
			{firstDART, []int{9, 10}},
			{firstDART + 1, []int{11, 12}},
			{firstDART + 2, []int{13}},
			{firstDART + 3, []int{14}},
			{firstDART + 4, []int{15}},
			{firstDART + 5, []int{16}},
		}},
	}
}

// Varied is the demonstration station with half of its PTS pumps behind a
// controller that dials in: every way a sale can come.
func Varied() []Line {
	demo := Demo()
	polled, dialled := demo[0], demo[0]
	polled.Points = demo[0].Points[:2]
	dialled.Name, dialled.DialsIn, dialled.Points = "dialling", true, demo[0].Points[2:]
	return []Line{polled, dialled, demo[1]}
}

// pointsPerLine keeps a poll cycle of a 9600-baud line under 100 ms.
const pointsPerLine = 8

// Even is a station of n nozzles, one a point, at most eight points a line,
// the lines in turn of both protocols: what benchmarks run on.
func Even(n int) []Line {
	var lines []Line
	pointsPerLine := max(1, min(pointsPerLine, n/2))
	for first := 1; first <= n; first += pointsPerLine {
		l := Line{Name: fmt.Sprintf("line-%d", len(lines)+1), Protocol: PTS}
		base := 1
		if len(lines)%2 == 1 {
			l.Protocol, base = DART, firstDART
		}
		for i := 0; i < pointsPerLine && first+i <= n; i++ {
			l.Points = append(l.Points, Point{base + i, []int{first + i}})
		}
		lines = append(lines, l)
	}
	return lines
}

// Station describes n nozzles to `hub set-up`: one grade, one tank, eight
// nozzles a dispenser, a head and a cashier.
func Station(n int) string {
	text := `name: 测试加油站
grades:
  - {code: "92#", name: 92号汽油, price: "7.50"}
tanks:
  - {number: 1, grade: "92#", capacity_l: "30000"}
staff:
  - {number: "1001", name: 陈志远, role: head}
  - {number: "2001", name: 王晓燕, role: cashier}
dispensers:
`
	for first := 1; first <= n; first += pointsPerLine {
		text += fmt.Sprintf("  - {number: %d, name: \"%d\", nozzles: [", first/pointsPerLine+1, first/pointsPerLine+1)
		for i := first; i < first+pointsPerLine && i <= n; i++ {
			text += fmt.Sprintf("{number: %d, tank: 1},", i)
		}
		text += "]}\n"
	}
	return text
}
