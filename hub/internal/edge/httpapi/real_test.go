package httpapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// TestMain stops the database server that some tests start, and fails on
// goroutines left over.
func TestMain(m *testing.M) { os.Exit(mysqltest.Main(m)) }

// hub is the API on real stores and a real database.
type hub struct {
	t       *testing.T
	url     string
	log     *bytes.Buffer
	flow    *flow.Flow
	devices *device.Store
	ids     *id.Maker
	station id.Station
	set     id.PriceSet
	journal id.Journal
	seq     uint64
	secrets []string
}

const realPassword = "hunter2-of-the-cashier"

func newHub(t *testing.T) *hub {
	t.Helper()
	db := mysqltest.New(t)
	h := &hub{t: t, log: &bytes.Buffer{}, ids: id.NewMaker(clock.Now, rand.Reader)}
	h.station, h.set, h.journal = id.New[id.Station](h.ids), id.New[id.PriceSet](h.ids), id.New[id.Journal](h.ids)
	h.install(db)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(t))
	h.flow = flow.New(flow.Deps{DB: db, Feed: feed, Now: clock.Now, IDs: h.ids, Log: mysqltest.Log(t)})
	h.devices = device.NewStore(device.Deps{DB: db, Now: clock.Now, Random: rand.Reader, IDs: h.ids})
	people, err := staff.NewStore(staff.Deps{
		DB: db, Vault: vaulttest.ForTest(), Now: clock.Now, Random: rand.Reader, IDs: h.ids, Cost: staff.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}, Rules: staff.Rules{Idle: time.Hour, Lifetime: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), "hiring", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := people.Add(ctx, tx, staff.NewPerson{Station: h.station, Number: "2001", Name: "王晓燕", Role: wire.RoleCashier, Password: realPassword})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(New(Deps{
		Staff: people, Devices: h.devices, Tickets: admission.New(clock.Now, rand.Reader), Desk: h.flow,
		Live: http.NotFoundHandler(), Ping: db.PingContext,
		Stations:     func(context.Context) ([]StationHealth, error) { return nil, nil },
		Metrics:      prometheus.NewRegistry(),
		NewRequestID: func() string { return id.New[id.Command](h.ids).String() },
		Now:          time.Now,
		Log:          slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// install sets up a station of two nozzles and the four grades.
func (h *hub) install(db *mysql.DB) {
	layout := station.Layout{
		Station: station.Station{
			ID: h.station, Name: "示范加油站", Zone: station.DefaultZone, Minimum: station.DefaultMinimum,
			PriceSet: h.set, CreatedAt: clock.Now(),
		},
		Grades: []station.Grade{
			{Code: "92#", Name: "92号汽油", Place: 1},
			{Code: "95#", Name: "95号汽油", Place: 2},
			{Code: "98#", Name: "98号汽油", Place: 3},
			{Code: "0#", Name: "0号柴油", Place: 4},
		},
		Tanks:      []station.Tank{{Number: 1, Grade: "92#", Capacity: 30_000_000}},
		Dispensers: []station.Dispenser{{Number: 1, Name: "1"}},
		Nozzles: []station.Nozzle{
			{Number: 1, Dispenser: 1, Tank: 1, Mode: wire.ModeAttended, Hold: wire.HoldNone},
			{Number: 2, Dispenser: 1, Tank: 1, Mode: wire.ModeAttended, Hold: wire.HoldNone},
		},
		Prices: station.Prices{"92#": 750, "95#": 798, "98#": 895, "0#": 716},
	}
	if err := station.Install(h.t.Context(), db, layout); err != nil {
		h.t.Fatal(err)
	}
}

// deliver has pumpd tell a delivery.
func (h *hub) deliver(nozzle int, before, after, shown unit.Millilitre, amount unit.Fen) id.Sale {
	h.t.Helper()
	h.seq++
	sale := id.New[id.Sale](h.ids)
	src := flow.Source{Device: id.Device(h.station), Station: h.station, Journal: h.journal}
	_, err := h.flow.TakeFacts(h.t.Context(), src, []flow.Fact{{Seq: h.seq, At: clock.Now(), Kind: wire.KindSaleEnded, Body: wire.SaleEnded{
		Sale: sale, Nozzle: nozzle, StartedAt: clock.Now(), EndedAt: clock.Now(), Volume: shown, Amount: amount, Price: 750, PriceSet: h.set,
		Before: before, After: after, BeforeFrom: wire.SourceRead, DeviceKey: fmt.Sprintf("test:%d:%d", nozzle, after),
	}}})
	if err != nil {
		h.t.Fatal(err)
	}
	return sale
}

// ask makes a request and reads the answer into out; it returns the status.
func (h *hub) ask(method, path, till, session string, key id.Command, body, out any) int {
	h.t.Helper()
	var text io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		text = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, text)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set(wire.HeaderDevice, till)
	r.Header.Set("Authorization", "Bearer "+session)
	r.Header.Set(wire.HeaderIdempotencyKey, key.String())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if text, ok := out.(*string); ok {
		*text = string(read)
	} else if err := json.Unmarshal(read, out); err != nil {
		h.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, read)
	}
	return answer.StatusCode
}

// signIn enrols a till and opens a session at it.
func (h *hub) signIn() (till, session string) {
	h.t.Helper()
	code, err := h.devices.NewCode(h.t.Context(), h.station, wire.DeviceTill, device.DefaultTTL)
	if err != nil {
		h.t.Fatal(err)
	}
	var enrolled wire.EnrolReply
	if status := h.ask("POST", "/v1/enrol", "", "", id.Command{}, wire.EnrolRequest{Code: code, Name: "till 1"}, &enrolled); status != 200 {
		h.t.Fatalf("enrolling: %d", status)
	}
	var opened wire.Session
	if status := h.ask("POST", "/v1/login", enrolled.Token, enrolled.Token, id.Command{}, wire.LoginRequest{Number: "2001", Password: realPassword}, &opened); status != 200 {
		h.t.Fatalf("signing in: %d", status)
	}
	h.secrets = []string{code, enrolled.Token, opened.Token, realPassword}
	return enrolled.Token, opened.Token
}

// TestASaleFromFactToPaidOverHTTP is a till's morning on the real thing.
func TestC002D004I001S020ASaleFromFactToPaidOverHTTP(t *testing.T) {
	h := newHub(t)
	till, session := h.signIn()
	honest := h.deliver(1, 1_000_000, 1_040_780, 40_780, 30_585)
	chengdu := h.deliver(1, 1_040_780, 1_081_560, 67_960, 50_970)

	t.Run("unpaid list", func(t *testing.T) {
		var list wire.SaleList
		h.ask("GET", "/v1/sales?state=unpaid", till, session, id.Command{}, nil, &list)
		if len(list.Sales) != 1 || list.Sales[0].ID != honest || list.Sales[0].Due != 30_585 {
			t.Errorf("%+v", list)
		}
	})
	t.Run("C002 a repeat of a payment is the same payment", func(t *testing.T) {
		key, pay := id.New[id.Command](h.ids), wire.PayRequest{Tender: wire.TenderCash, Due: 30_585, Tendered: 31_000}
		var first, again wire.Sale
		path := "/v1/sales/" + honest.String() + "/payments"
		if status := h.ask("POST", path, till, session, key, pay, &first); status != 200 || first.State != wire.SalePaid || first.Payment.Change != 415 {
			t.Fatalf("%d %+v", status, first)
		}
		if status := h.ask("POST", path, till, session, key, pay, &again); status != 200 || again.Payment.Attempt != first.Payment.Attempt {
			t.Errorf("the repeat: %d %+v", status, again)
		}
		var refused wire.Problem
		pay.Tendered = 40_000
		if h.ask("POST", path, till, session, key, pay, &refused); refused.Type != wire.ProblemKeyReused {
			t.Errorf("another body: %+v", refused)
		}
		if h.ask("POST", path, till, session, id.New[id.Command](h.ids), pay, &refused); refused.Type != wire.ProblemSaleAlreadyPaid {
			t.Errorf("another key: %+v", refused)
		}
	})
	t.Run("D004 a sale with the previous one added is not charged", func(t *testing.T) {
		var refused wire.Problem
		pay := wire.PayRequest{Tender: wire.TenderCash, Due: 50_970, Tendered: 50_970}
		h.ask("POST", "/v1/sales/"+chengdu.String()+"/payments", till, session, id.New[id.Command](h.ids), pay, &refused)
		if refused.Type != wire.ProblemSaleQuarantined {
			t.Errorf("%+v", refused)
		}
	})
	t.Run("nothing of another station", func(t *testing.T) {
		var refused wire.Problem
		if status := h.ask("GET", "/v1/sales/"+id.New[id.Sale](h.ids).String(), till, session, id.Command{}, nil, &refused); status != 404 {
			t.Errorf("%d %+v", status, refused)
		}
	})
	t.Run("I001 the proof", func(t *testing.T) {
		var proofs []wire.NozzleProof
		h.ask("GET", "/v1/proofs", till, session, id.Command{}, nil, &proofs)
		if len(proofs) != 2 || proofs[0].Difference != 0 || proofs[0].Booked != 40_780 || proofs[0].Quarantined != 40_780 {
			t.Errorf("%+v", proofs)
		}
		var table string
		h.ask("GET", "/v1/proofs.csv", till, session, id.Command{}, nil, &table)
		if !strings.Contains(table, "1,1000.000,1081.560,40.780,40.780,0.000,0.000,2") {
			t.Errorf("%s", table)
		}
	})
	t.Run("S020 every grade has its price", func(t *testing.T) {
		var board wire.PriceBoard
		h.ask("GET", "/v1/prices", till, session, id.Command{}, nil, &board)
		want := []string{"92# 7.50", "95# 7.98", "98# 8.95", "0# 7.16"}
		for i, grade := range want {
			if i >= len(board.Prices) || board.Prices[i].Grade+" "+board.Prices[i].Price.String() != grade {
				t.Errorf("price %d of %+v is not %s", i, board.Prices, grade)
			}
		}
	})
	t.Run("a cashier sets no prices", func(t *testing.T) {
		var refused wire.Problem
		req := wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: 100}}}
		if h.ask("POST", "/v1/prices", till, session, id.New[id.Command](h.ids), req, &refused); refused.Type != wire.ProblemForbidden {
			t.Errorf("%+v", refused)
		}
	})
	t.Run("after signing out", func(t *testing.T) {
		var none string
		if status := h.ask("POST", "/v1/logout", till, session, id.Command{}, nil, &none); status != 204 {
			t.Errorf("%d %s", status, none)
		}
		var refused wire.Problem
		if h.ask("GET", "/v1/prices", till, session, id.Command{}, nil, &refused); refused.Type != wire.ProblemUnauthorized {
			t.Errorf("%+v", refused)
		}
	})
	for _, secret := range h.secrets {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds the secret %.8s...", secret)
		}
	}
}
