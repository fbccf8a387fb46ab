package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestFactsAreAcknowledgedAfterTheCommit(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.position = 40
		l, o, acked := r.open(t)
		defer l.Close()
		if acked != 40 {
			t.Errorf("welcomed with %d", acked)
		}
		synctest.Wait()
		r.store.gate = make(chan struct{})
		l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(41)})
		synctest.Wait()
		l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(42), r.gap(43), r.gap(44)})
		synctest.Wait()
		if len(o.acks) != 0 {
			t.Fatalf("acknowledged %v before the commit", o.acks)
		}
		close(r.store.gate)
		synctest.Wait()
		if !slices.Equal(o.acks, []uint64{41, 44}) || !slices.Equal(r.store.batches, []int{1, 3}) {
			t.Errorf("acks %v, batches %v: what comes during a commit shares the next", o.acks, r.store.batches)
		}
		if len(r.store.taken) != 4 || r.store.taken[0].Body.(wire.Gap).Nozzle != 3 {
			t.Errorf("taken %v", r.store.taken)
		}
	})
}

func TestDatabaseAwayLosesNothingAndBoardsStayLive(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.set(true)
		l, o, acked := r.open(t)
		defer l.Close()
		if acked != 0 {
			t.Errorf("welcomed with %d although nobody knows", acked)
		}
		l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(1), r.gap(2)})
		time.Sleep(time.Minute)
		synctest.Wait()
		at := time.Now()
		l.Take(t.Context(), at, []wire.Frame{{K: wire.KindStatus, D: wire.Body(wire.Status{OldestUnackedMS: 60_000})}})
		if len(r.board.statuses) != 1 || !r.board.at[0].Equal(at) {
			t.Errorf("the board has %v", r.board.statuses)
		}
		if len(o.acks)+len(o.wants) != 0 || o.code != 0 {
			t.Fatalf("acks %v, wants %v, code %d", o.acks, o.wants, o.code)
		}
		r.store.set(false)
		time.Sleep(lastRetry)
		synctest.Wait()
		if !slices.Equal(o.acks, []uint64{2}) || len(r.store.taken) != 2 || len(o.wants) != 1 {
			t.Errorf("once it is back: acks %v, taken %d, wants %d", o.acks, len(r.store.taken), len(o.wants))
		}
	})
}

func TestWantGoesOutOnConnectAndOnChange(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		l, o, _ := r.open(t)
		defer l.Close()
		synctest.Wait()
		r.intake.Changed(r.src.Station)
		synctest.Wait()
		r.intake.Changed(id.New[id.Station](r.ids))
		synctest.Wait()
		if len(o.wants) != 2 || o.wants[1].Rev != 2 {
			t.Errorf("wants %v", o.wants)
		}
	})
}

func TestC002RepeatedFactsAreTakenOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		l, o, _ := r.open(t)
		defer l.Close()
		one, two := r.gap(1), r.gap(2)
		l.Take(t.Context(), time.Now(), []wire.Frame{one, one, two, one, two})
		synctest.Wait()
		l.Take(t.Context(), time.Now(), []wire.Frame{two})
		synctest.Wait()
		if len(r.store.taken) != 2 || o.code != 0 {
			t.Errorf("taken %d, code %d", len(r.store.taken), o.code)
		}
		if o.acks[len(o.acks)-1] != 2 || len(o.acks) < 2 {
			t.Errorf("acks %v: a repeat of a committed fact gets its ack again", o.acks)
		}
	})
}

func TestAHoleMakesPumpdReplay(t *testing.T) {
	for name, test := range map[string]struct{ frames []uint64 }{
		"between frames":       {[]uint64{1, 3}},
		"before the first one": {[]uint64{2}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				l, o, _ := r.open(t)
				defer l.Close()
				for _, seq := range test.frames {
					l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(seq)})
				}
				synctest.Wait()
				if o.code != wire.CloseFactOrder || !wire.Comeback(o.code) {
					t.Errorf("code %d", o.code)
				}
				if len(r.store.taken) != len(test.frames)-1 {
					t.Errorf("taken %v", r.store.taken)
				}
			})
		})
	}
}

func TestTooManyInFlight(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.gate = make(chan struct{})
		l, o, _ := r.open(t)
		defer l.Close()
		synctest.Wait()
		for seq := range uint64(wire.MaxFactsInFlight) {
			l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(seq + 1)})
		}
		if o.code != 0 {
			t.Fatalf("%d facts in flight were refused", wire.MaxFactsInFlight)
		}
		l.Take(t.Context(), time.Now(), []wire.Frame{r.gap(wire.MaxFactsInFlight + 1)})
		if o.code != wire.CloseBadFrame {
			t.Errorf("code %d", o.code)
		}
		close(r.store.gate)
	})
}

func TestBadFramesCloseAndReachNobody(t *testing.T) {
	sale := `"sale":"01J0000000000000000000000A"`
	for name, test := range map[string]struct {
		frame string
		kind  wire.ProblemType
	}{
		"a field too many":      {`{"k":"fact.gap","seq":1,"d":{` + sale + `,"nozzle":1,"colour":"red"}}`, wire.ProblemUnknownField},
		"unknown kind":          {`{"k":"fact.refund","seq":1,"d":{}}`, wire.ProblemBadRequest},
		"an event":              {`{"k":"sale","seq":1,"d":{}}`, wire.ProblemBadRequest},
		"a second hello":        {`{"k":"hello","d":{}}`, wire.ProblemBadRequest},
		"no number":             {`{"k":"fact.gap","d":{` + sale + `}}`, wire.ProblemBadRequest},
		"no body":               {`{"k":"fact.gap","seq":1}`, wire.ProblemBadRequest},
		"null body":             {`{"k":"fact.gap","seq":1,"d":null}`, wire.ProblemBadRequest},
		"a list":                {`{"k":"fact.gap","seq":1,"d":[]}`, wire.ProblemBadRequest},
		"no sale":               {`{"k":"fact.sale","seq":1,"d":{"nozzle":1}}`, wire.ProblemBadRequest},
		"litres as text":        {`{"k":"fact.sale","seq":1,"d":{` + sale + `,"volume_ml":"12"}}`, wire.ProblemBadRequest},
		"litres with decimals":  {`{"k":"fact.sale","seq":1,"d":{` + sale + `,"volume_ml":12.5}}`, wire.ProblemBadRequest},
		"litres beyond int64":   {`{"k":"fact.sale","seq":1,"d":{` + sale + `,"volume_ml":99999999999999999999}}`, wire.ProblemBadRequest},
		"a bad id":              {`{"k":"fact.sale","seq":1,"d":{"sale":"SELECT 1"}}`, wire.ProblemBadRequest},
		"no set with the price": {`{"k":"fact.price","seq":1,"d":{"nozzle":1}}`, wire.ProblemBadRequest},
		"a status that is text": {`{"k":"status","d":"fine"}`, wire.ProblemBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				l, o, _ := r.open(t)
				defer l.Close()
				frames, err := wire.Decode([]byte(test.frame))
				if err != nil {
					t.Fatal(err)
				}
				l.Take(t.Context(), time.Now(), append(frames, r.gap(1)))
				synctest.Wait()
				if o.code != wire.CloseBadFrame || o.problem == nil || o.problem.Type != test.kind {
					t.Errorf("code %d, problem %v", o.code, o.problem)
				}
				if len(r.store.taken)+len(r.board.statuses) != 0 {
					t.Errorf("taken %v, reported %v", r.store.taken, r.board.statuses)
				}
			})
		})
	}
}

func TestEveryKindOfFactIsDecoded(t *testing.T) {
	sale := id.New[id.Sale](newRig().ids)
	for kind, info := range wire.Kinds {
		if info.Class != wire.ClassFact {
			continue
		}
		var d json.RawMessage
		switch info.Body.(type) {
		case wire.SaleStarted:
			d = wire.Body(wire.SaleStarted{Sale: sale})
		case wire.SaleEnded:
			d = wire.Body(wire.SaleEnded{Sale: sale})
		case wire.Gap:
			d = wire.Body(wire.Gap{Sale: sale})
		case wire.PriceApplied:
			d = wire.Body(wire.PriceApplied{PriceSet: id.PriceSet(sale)})
		case wire.AuthorizationUsed:
			d = wire.Body(wire.AuthorizationUsed{Authorization: id.Authorization(sale)})
		}
		fact, err := Decode(wire.Frame{K: kind, Seq: 7, D: d})
		if err != nil || fact.Seq != 7 || fmt.Sprintf("%T", fact.Body) != fmt.Sprintf("%T", info.Body) {
			t.Errorf("%s: %T, %v", kind, fact.Body, err)
		}
	}
}

func TestAwayOnlyWhenTheLastConnectionIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		first, _, _ := r.open(t)
		second, _, _ := r.open(t)
		first.Close()
		if r.board.gone() != 0 {
			t.Error("a connection that was replaced took the nozzles offline")
		}
		second.Close()
		if r.board.gone() != 1 {
			t.Errorf("the board heard %d times that pumpd is gone", r.board.gone())
		}
	})
}

func TestAStationWithoutABoardIsRefused(t *testing.T) {
	r := newRig()
	src := r.src
	src.Station = id.New[id.Station](r.ids)
	if _, _, err := r.intake.Open(t.Context(), src, &out{}); err == nil {
		t.Error("it was let in")
	}
}

// TestC001FactsSurviveAnyOrderOfFailures sends a journal over connections that
// break at random while the database comes and goes: in the end every fact is
// there once, in order, and nothing was acknowledged that is not there.
func TestC001FactsSurviveAnyOrderOfFailures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := rapid.SliceOfN(rapid.SampledFrom([]string{"send", "send", "send", "break", "away", "back", "wait"}), 1, 60).Draw(rt, "plan")
		synctest.Test(t, func(t *testing.T) {
			r := newRig()
			var l *Link
			o := &out{}
			journal := map[uint64]wire.Frame{}
			next, sent := uint64(1), uint64(0)
			connect := func() {
				o = &out{}
				var acked uint64
				var err error
				if l, acked, err = r.intake.Open(t.Context(), r.src, o); err != nil {
					t.Fatal(err)
				}
				sent = acked
			}
			acked := func() uint64 {
				o.mu.Lock()
				defer o.mu.Unlock()
				if len(o.acks) == 0 {
					return 0
				}
				return slices.Max(o.acks)
			}
			connect()
			for _, step := range append(plan, "break", "back", "wait") {
				switch step {
				case "send":
					journal[next] = r.gap(next)
					next++
				case "break":
					l.Close()
					connect()
				case "away", "back":
					r.store.set(step == "away")
				case "wait":
					time.Sleep(2 * lastRetry)
				}
				for sent+1 < next && sent+1-acked() <= wire.MaxFactsInFlight {
					sent++
					l.Take(t.Context(), time.Now(), []wire.Frame{journal[sent]})
				}
				synctest.Wait()
				if code, problem := o.ended(); code != 0 {
					t.Fatalf("%s ended the connection with %d: %v", step, code, problem)
				}
				if a, in := acked(), r.store.committed(); a > in {
					t.Fatalf("fact %d was acknowledged, %d is committed", a, in)
				}
			}
			l.Close()
			r.intake.Wait()
			if r.store.position != next-1 || len(r.store.taken) != int(next-1) {
				t.Fatalf("%d facts were sent, %d are there", next-1, len(r.store.taken))
			}
		})
	})
}

// FuzzFacts feeds a pumpd's messages to a link: whatever comes, the connection
// goes on or ends with a code, and only honest facts get through.
func FuzzFacts(f *testing.F) {
	f.Add([]byte(`{"k":"fact.sale","seq":1,"d":{"sale":"01J0000000000000000000000A","nozzle":3,"volume_ml":12340}}`))
	f.Add([]byte("{\"k\":\"status\",\"d\":{\"nozzles\":[{\"nozzle\":1,\"state\":\"idle\"}]}}\n{\"k\":\"fact.gap\",\"seq\":2,\"d\":{}}"))
	f.Add([]byte(`{"k":"fact.price","seq":18446744073709551615,"d":{"price_set":"01J0000000000000000000000A","extra":1}}`))
	f.Add([]byte(`{"k":"fact.auth","seq":-1}`))
	f.Add([]byte(`{"k":"status","d":null}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		frames, err := wire.Decode(message)
		if err != nil {
			return
		}
		r := newRig()
		l, o, _ := r.open(t)
		l.Take(t.Context(), time.Now(), frames)
		l.Close()
		r.intake.Wait()
		code, problem := o.ended()
		if code != 0 && (code < 4000 || code > 4999 || problem == nil) {
			t.Errorf("ended with %d, %v", code, problem)
		}
		for _, fact := range r.store.taken {
			if fact.Body == nil || fact.Seq == 0 || !strings.HasPrefix(string(fact.Kind), "fact.") {
				t.Errorf("taken: %+v", fact)
			}
		}
	})
}
