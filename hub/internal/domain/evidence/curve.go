package evidence

import (
	"fmt"
	"strconv"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// frame is where the curve is drawn.
type frame struct{ left, top, width, height float64 }

// ticks bounds the marks of an axis.
const ticks = 6

// step is the distance between two marks of an axis up to most: 1, 2 or 5 times
// a power of ten times base, so that there are at most ticks of them.
func step(most, base int64) int64 {
	for s := base; ; s *= 10 {
		for _, n := range []int64{s, 2 * s, 5 * s} {
			if most/n <= ticks {
				return n
			}
		}
	}
}

// timeStep is the distance between two marks of the time axis, in ms.
func timeStep(most int64) int64 {
	const second, minute = 1000, 60_000
	for _, n := range []int64{second, 2 * second, 5 * second, 10 * second, 20 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 30 * minute} {
		if most/n <= ticks {
			return n
		}
	}
	return step(most, 60*minute)
}

// curve draws litres over time: the axes with their marks, and a line from
// point to point.
func (s *sheet) curve(f frame, points []wire.TracePoint) {
	small := style{regular, 7.5, soft}
	if len(points) < 2 {
		s.box(f.left, f.top, f.width, f.height, ground)
		s.text(f.left+12, f.top+f.height/2+3, style{regular, 9, soft}, "本次加油没有过程记录。")
		return
	}
	last := points[len(points)-1]
	most, volume := max(last.AfterMS, 1), max(int64(last.Volume), 1)
	x := func(ms int64) float64 { return f.left + f.width*float64(ms)/float64(most) }
	y := func(ml int64) float64 { return f.top + f.height - f.height*float64(ml)/float64(volume) }
	for ml, by := int64(0), step(volume, 10); ml <= volume; ml += by {
		s.line(f.left, y(ml), f.left+f.width, y(ml), 0.5, hair)
		label := unit.Millilitre(ml).Display()
		if by >= 1000 {
			label = strconv.FormatInt(ml/1000, 10)
		}
		s.right(f.left-5, y(ml)+2.6, small, label)
	}
	for ms, by := int64(0), timeStep(most); ms <= most; ms += by {
		s.line(x(ms), f.top+f.height, x(ms), f.top+f.height+3, 0.5, soft)
		label := clock(ms)
		s.text(x(ms)-s.width(small, label)/2, f.top+f.height+12, small, label)
	}
	s.line(f.left, f.top+f.height, f.left+f.width, f.top+f.height, 0.7, soft)
	for i := 1; i < len(points); i++ {
		from, to := points[i-1], points[i]
		s.line(x(from.AfterMS), y(int64(from.Volume)), x(to.AfterMS), y(int64(to.Volume)), 1.4, brand)
	}
}

// clock is a time since the start: "0:05", "12:30".
func clock(ms int64) string { return fmt.Sprintf("%d:%02d", ms/60_000, ms/1000%60) }
