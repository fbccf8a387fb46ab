package recall_test

import (
	"testing"
	"time"

	"forecourt/hub/internal/platform/recall"
)

func TestMemoryKeepsAWhile(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	m := recall.New[string](func() time.Time { return now }, 10*time.Minute, 2)
	a, b, c := recall.Key{1}, recall.Key{2}, recall.Key{3}

	m.Remember(a, "a", time.Time{})
	m.Remember(b, "b", now.Add(time.Minute)) // ends sooner
	m.Remember(c, "c", time.Time{})          // one too many
	for _, step := range []struct {
		key   recall.Key
		after time.Duration
		want  string
	}{
		{a, 0, "a"},
		{b, 0, "b"},
		{c, 0, ""},
		{a, time.Minute, "a"},
		{b, time.Minute, ""},
		{a, 10*time.Minute - 1, "a"},
		{a, 10 * time.Minute, ""},
	} {
		was := now
		now = now.Add(step.after)
		got, ok := m.Recall(step.key)
		if got != step.want || ok != (step.want != "") {
			t.Errorf("after %v: recalled %q, %v; want %q", step.after, got, ok, step.want)
		}
		now = was
	}

	now = now.Add(2 * time.Minute) // b has ended and makes room
	m.Remember(c, "c", time.Time{})
	if got, ok := m.Recall(c); !ok || got != "c" {
		t.Errorf("recalled %q, %v after room was made", got, ok)
	}
	m.Forget(a)
	if _, ok := m.Recall(a); ok {
		t.Error("recalled what was forgotten")
	}
}
