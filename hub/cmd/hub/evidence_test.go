package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/platform/clock"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// bridge is a pumpd at a running hub.
type bridge struct {
	*ear
	ids *id.Maker
	seq uint64
}

// pumpd enrols one and connects it.
func (r *running) pumpd(t *testing.T) (*bridge, wire.EnrolReply) {
	t.Helper()
	reply, err := link.Enrol(t.Context(), r.secure, strings.TrimSpace(r.mustRun(t, "", "enrol", "--kind", "pumpd")), "pumpd")
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.New(link.Options{BaseURL: r.secure, CA: []byte(reply.CA), Device: reply.Token, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b := &bridge{ear: &ear{}, ids: id.NewMaker(clock.Now, rand.Reader)}
	b.live = client.Live(link.LiveOptions{Journal: id.New[id.Journal](b.ids), Handler: b})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.live.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	await(t, "what pumpd should do", func() bool { return b.heard("", wire.KindWant, "") > 0 })
	return b, reply
}

// want is what the hub wants of a nozzle.
func (b *bridge) want(t *testing.T, nozzle int) wire.WantNozzle {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.got {
		w, err := wire.Read[wire.Want](f.D)
		if f.K != wire.KindWant || err != nil {
			continue
		}
		for _, n := range w.Nozzles {
			if n.Nozzle == nozzle {
				return n
			}
		}
	}
	t.Fatalf("nothing is wanted of nozzle %d", nozzle)
	return wire.WantNozzle{}
}

// acked is the last fact that the hub has taken.
func (b *bridge) acked() (seq uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.got {
		if f.K == wire.KindAck {
			seq = max(seq, f.Seq)
		}
	}
	return seq
}

// tell sends a fact.
func (b *bridge) tell(t *testing.T, kind wire.Kind, body any) {
	t.Helper()
	b.seq++
	if err := b.live.Send(wire.Frame{K: kind, Seq: b.seq, At: clock.Now(), D: wire.Body(body)}); err != nil {
		t.Fatal(err)
	}
}

// deliver tells a delivery at a nozzle: its figures, and where the totalizer stood.
func (b *bridge) deliver(t *testing.T, nozzle int, before, after, shown unit.Millilitre) wire.SaleEnded {
	t.Helper()
	want := b.want(t, nozzle)
	amount, err := unit.Amount(shown, want.Price)
	if err != nil {
		t.Fatal(err)
	}
	s := wire.SaleEnded{
		Sale: id.New[id.Sale](b.ids), Nozzle: nozzle, StartedAt: clock.Now().Add(-time.Minute), EndedAt: clock.Now(),
		Volume: shown, Amount: amount, Price: want.Price, PriceSet: want.PriceSet,
		Before: before, After: after, BeforeFrom: wire.SourceRead, DeviceKey: "dart:50:1:" + after.String(),
		Trace: []wire.TracePoint{{}, {AfterMS: 59_800, Volume: after - before}, {AfterMS: 60_000, Volume: shown}},
	}
	b.tell(t, wire.KindSaleStarted, wire.SaleStarted{
		Sale: s.Sale, Nozzle: nozzle, StartedAt: s.StartedAt, Before: before, Price: s.Price, PriceSet: s.PriceSet,
	})
	b.tell(t, wire.KindSaleEnded, s)
	await(t, "the delivery to be taken", func() bool { return b.acked() == b.seq })
	return s
}

// nozzleCode is the code at a nozzle.
func (r *running) nozzleCode(t *testing.T, nozzle string) string {
	t.Helper()
	for line := range strings.Lines(r.mustRun(t, "", "nozzle-codes")) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == nozzle {
			return fields[len(fields)-1]
		}
	}
	t.Fatalf("nozzle %s has no code", nozzle)
	return ""
}

// TestC005C012EvidenceFromTheDispenserToWhoeverChecksIt is a driver's dispute:
// the dispenser added the sale before to theirs, they get the evidence on
// their phone, and somebody else checks it with nothing but the key.
func TestC005C012EvidenceFromTheDispenserToWhoeverChecksIt(t *testing.T) {
	s := newSite(t)
	s.env = append(s.env, "FORECOURT_NOTIFY=file")
	hub := s.serve(t, "--demo")
	pumpd, enrolled := hub.pumpd(t)
	driver, _ := hub.driver(t, enrolled.CA, "13800000001")
	other, _ := hub.driver(t, enrolled.CA, "13800000002")
	pumpd.deliver(t, 1, 1_000_000, 1_027_180, 27_180)
	if _, err := driver.ClaimNozzle(t.Context(), wire.ClaimRequest{Code: hub.nozzleCode(t, "1")}); err != nil {
		t.Fatal(err)
	}
	lied := pumpd.deliver(t, 1, 1_027_180, 1_067_960, 67_960)
	e, err := driver.Evidence(t.Context(), lied.Sale)
	if err != nil {
		t.Fatal(err)
	}
	if e.Checks[0].Result != wire.CheckDiffers || e.Checks[1].Result != wire.CheckAgrees || e.After-e.Before != 40_780 || e.Shown != 67_960 || len(e.Trace) != 3 {
		t.Errorf("%+v", e)
	}
	if len(e.Lines) != 7 || e.Listed != e.Order.Price || e.Lines[5].Amount != 0 {
		t.Errorf("the lines %+v", e.Lines)
	}
	if page, err := driver.EvidencePDF(t.Context(), lied.Sale); err != nil || !bytes.HasPrefix(page, []byte("%PDF-")) {
		t.Errorf("a page of %d bytes, %v", len(page), err)
	}
	if _, err := other.Evidence(t.Context(), lied.Sale); !isProblem(err, wire.ProblemNotFound) {
		t.Errorf("another member: %v", err)
	}
	key, err := other.EvidenceKey(t.Context())
	if err != nil || key.Key != e.Signed.Key || strings.TrimSpace(hub.mustRun(t, "", "evidence-key")) != key.Key {
		t.Errorf("key %+v, %v", key, err)
	}
	// The hub whose key it is, and one that never was here.
	file := write(t, e)
	if out := hub.mustRun(t, "", "verify-evidence", file); !strings.Contains(out, "泵码差与油机显示体积 不一致") || !strings.Contains(out, "GOOD") {
		t.Errorf("%s", out)
	}
	if out := newSite(t).mustRun(t, "", "verify-evidence", "--key", key.Key, file); !strings.Contains(out, "GOOD") {
		t.Errorf("%s", out)
	}
}

// write puts evidence, or a part of it, into a file.
func write(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "evidence.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestC005EvidenceIsVerifiedWithoutADatabase by whoever has the key.
func TestC005EvidenceIsVerifiedWithoutADatabase(t *testing.T) {
	s := newSite(t)
	key := evidence.NewKey([32]byte{1})
	e := key.Sign(wire.Evidence{
		Order: wire.Order{Number: "0312-0047", StationName: "昆明示范加油站", Volume: 40_780}, Shown: 40_780,
		Checks: []wire.EvidenceCheck{}, Lines: []wire.FeeLine{}, Trace: []wire.TracePoint{},
	}, time.UTC)
	public := key.Public().Key
	if out := s.mustRun(t, "", "verify-evidence", "--key", public, write(t, e)); !strings.Contains(out, "0312-0047") || !strings.Contains(out, "the figures beside the text are the text's") {
		t.Errorf("%s", out)
	}
	text, err := json.Marshal(e.Signed)
	if err != nil {
		t.Fatal(err)
	}
	if out := s.mustRun(t, string(text), "verify-evidence", "--key", public, "-"); !strings.Contains(out, "GOOD") {
		t.Errorf("the signed part alone: %s", out)
	}
	tampered, beside := e, e
	tampered.Signed.Text = strings.Replace(e.Signed.Text, "40.780", "67.960", 1)
	beside.Shown = 67_960
	for name, tt := range map[string]struct{ file, key, want string }{
		"a tampered text":       {write(t, tampered), public, "not what the key signed"},
		"other figures":         {write(t, beside), public, "not the text's"},
		"another hub":           {write(t, e), evidence.NewKey([32]byte{2}).Public().Key, "not what the key signed"},
		"no key":                {write(t, e), "nonsense", "base64"},
		"nothing in it":         {write(t, struct{}{}), public, "no signed text"},
		"a list":                {write(t, []int{1}), public, "no evidence"},
		"no file":               {filepath.Join(t.TempDir(), "none"), public, "no such file"},
		"far too large to read": {write(t, strings.Repeat("x", maxEvidenceBytes)), public, "too large"},
	} {
		if out, err := s.run(t, "", "verify-evidence", "--key", tt.key, tt.file); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(out, "GOOD") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(s.data, "db")); !os.IsNotExist(err) {
		t.Errorf("a database was made (%v)", err)
	}
}
