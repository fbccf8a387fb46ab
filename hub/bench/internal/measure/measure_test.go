package measure_test

import (
	"math"
	"os"
	"testing"
	"time"

	"forecourt/hub/bench/internal/measure"
)

func TestWhatNeverCameIsInfinitelyLate(t *testing.T) {
	l := measure.NewLatencies()
	for range 98 {
		l.Add(time.Millisecond)
	}
	if got := l.Quantile(0.5, 0); got != 1 {
		t.Errorf("p50 is %v ms", got)
	}
	if got := l.Quantile(0.99, 2); !math.IsInf(got, 1) {
		t.Errorf("p99 is %v ms although 2 of 100 never came", got)
	}
}

func TestSpread(t *testing.T) {
	got := measure.Of([]float64{4, 1, 3, 2})
	if got != (measure.Spread{Median: 2.5, Low: 1, High: 4}) {
		t.Errorf("%+v", got)
	}
}

func TestOwnProcessCosts(t *testing.T) {
	before, err := measure.CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range 20_000_000 {
		sum += math.Sqrt(float64(i))
	}
	after, err := measure.CPU(os.Getpid())
	if err != nil || after <= before || sum == 0 {
		t.Errorf("from %v to %v: %v", before, after, err)
	}
	if rss, err := measure.RSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("%d bytes: %v", rss, err)
	}
}
