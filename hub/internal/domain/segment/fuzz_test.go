package segment_test

import (
	"encoding/json"
	"testing"
	"time"

	"forecourt/hub/internal/domain/segment"
	"forecourt/shared/wire"
)

// FuzzRule reads any text as a rule: whatever it is, checking and choosing come
// to an end, and nobody is chosen who was not asked about.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		`{"conditions":[{"kind":"refuels","days":90,"weekdays":[6],"each_fen":30000,"at_least":4}]}`,
		`{"conditions":[{"kind":"refuels","from_hour":22,"until_hour":6,"grade":"92#","at_most":1}]}`,
		`{"conditions":[{"kind":"idle","days":30},{"kind":"usual","grade":"95#"}]}`,
		`{"conditions":[{"kind":"spent","each_fen":1},{"kind":"average","days":3650,"each_fen":9007199254740991}]}`,
		`{"conditions":[{"kind":"refuels","weekdays":[-1,7]}]}`, `{"conditions":[{}]}`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	zone := shanghai(f)
	members := []segment.Facts{
		who(1), who(2, segment.Fuelling{At: now.Add(-time.Hour), Amount: 30000, Grade: "92#"}),
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r wire.SegmentRule
		if json.Unmarshal(text, &r) != nil {
			return
		}
		chosen := segment.Choose(r, members, now, zone)
		if err := segment.Check(r); err != nil || len(r.Conditions) == 0 {
			if err == nil || len(r.Conditions) == 0 && len(chosen) > 0 {
				t.Fatalf("no condition: %v chose %v", err, chosen)
			}
			return
		}
		since, needed := segment.Since(r, now)
		if needed && since.After(now) || len(chosen) > len(members) {
			t.Fatalf("since %v, chosen %v", since, chosen)
		}
	})
}
