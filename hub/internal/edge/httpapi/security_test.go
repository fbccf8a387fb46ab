package httpapi

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ Security = (*flow.Flow)(nil)
	_ Security = guardian{}
)

const anAlert = "01J0000000000000000000000Y"

// guardian answers what is asked of the log and the keys, and remembers it
// where the desk does.
type guardian struct{ *desk }

func (g guardian) SearchLog(_ context.Context, who staff.Actor, ask wire.LogQuery) (wire.LogPage, error) {
	return wire.LogPage{Entries: []wire.LogEntry{}}, g.did("search log %s %s %s %t %s", who.Number, ask.Number, ask.Action, ask.Refused, ask.From.Format(time.DateOnly))
}

func (g guardian) LogState(context.Context) (wire.LogState, error) {
	return wire.LogState{Rows: 7}, g.did("log state")
}

func (g guardian) ExportLog(_ context.Context, who staff.Actor, ask wire.LogQuery) (iter.Seq2[[]string, error], error) {
	return func(yield func([]string, error) bool) {
		if !yield([]string{"n", "note"}, nil) || !yield([]string{"1", `a "b", c`}, nil) {
			return
		}
		if ask.Action == "breaks" {
			for range 10_000 { // more than a buffer holds
				if !yield([]string{"2", "x"}, nil) {
					return
				}
			}
			yield(nil, errors.New("secret-of-the-database"))
		}
	}, g.did("export log %s %s", who.Number, ask.Action)
}

func (g guardian) Alerts(_ context.Context, _ staff.Actor, ask flow.AlertQuery) (wire.AlertList, error) {
	return wire.AlertList{Alerts: []wire.Alert{}}, g.did("alerts %t %s", ask.Open, ask.Before)
}

func (g guardian) NoteAlert(_ context.Context, who staff.Actor, key id.Command, which id.Alert) (wire.Alert, error) {
	return wire.Alert{ID: which}, g.did("note alert %s %s %s", who.Number, key, which)
}

func (g guardian) KeyState(context.Context) (wire.KeyRing, error) {
	return wire.KeyRing{Keys: []wire.DataKey{}}, g.did("key state")
}

func (g guardian) RotateKeys(_ context.Context, who staff.Actor, key id.Command) (wire.KeyRing, error) {
	return wire.KeyRing{Keys: []wire.DataKey{}}, g.did("rotate keys %s %s", who.Number, key)
}

func securityRoutes() []route {
	return []route{
		{
			method: "POST", path: "/v1/log/search", body: `{"number":"2001","action":"member.","refused":true,"from":"2026-03-12T00:00:00Z"}`,
			action: staff.SeeLog, call: "search log 2001 2001 member. true 2026-03-12", keyless: true,
		},
		{method: "GET", path: "/v1/log/state", action: staff.SeeLog, call: "log state"},
		{method: "POST", path: "/v1/log/export", body: `{"action":"sale.pay"}`, action: staff.SeeLog, call: "export log 2001 sale.pay", keyless: true},
		{method: "GET", path: "/v1/alerts?open=true&before=" + anAlert, action: staff.SeeLog, call: "alerts true " + anAlert},
		{method: "GET", path: "/v1/alerts", action: staff.SeeLog, call: "alerts false "},
		{method: "POST", path: "/v1/alerts/" + anAlert + "/seen", action: staff.SeeLog, call: "note alert 2001 " + aKey + " " + anAlert},
		{method: "GET", path: "/v1/keys", action: staff.SeeKeys, call: "key state"},
		{method: "POST", path: "/v1/keys/rotation", action: staff.RotateKeys, call: "rotate keys 2001 " + aKey},
	}
}

// TestTheLogIsSentAsATable whole, or the connection is broken off: half a log
// is never taken for a whole one.
func TestTheLogIsSentAsATable(t *testing.T) {
	s := newSite(t)
	got := s.call("head", http.MethodPost, "/v1/log/export", `{}`)
	text, err := io.ReadAll(got.Body)
	if want := "n,note\n1,\"a \"\"b\"\", c\"\n"; err != nil || string(text) != want || !strings.Contains(got.Header.Get("Content-Disposition"), "security-log.csv") {
		t.Errorf("the table is %q (%v), want %q", text, err, want)
	}
	defer func() {
		if crash, _ := recover().(error); !errors.Is(crash, http.ErrAbortHandler) {
			t.Errorf("a log that breaks off ended with %v", crash)
		}
		if !strings.Contains(s.log.String(), "secret-of-the-database") {
			t.Error("why it broke off is not in the log")
		}
	}()
	s.call("head", http.MethodPost, "/v1/log/export", `{"action":"breaks"}`)
	t.Error("a log that breaks off was answered as if it were whole")
}
