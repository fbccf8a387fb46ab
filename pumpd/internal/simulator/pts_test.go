package simulator_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/unit"
)

// controllerBench is a simulated controller with pump 1 on a clock of its own.
type controllerBench struct {
	*testing.T
	now     time.Time
	station *simulator.Station
	face    *simulator.PTS
}

func newController(t *testing.T) *controllerBench {
	t.Helper()
	b := &controllerBench{T: t, now: time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	var err error
	b.station, err = simulator.NewStation(simulator.StationConfig{Now: clock, Pumps: []simulator.PumpConfig{{
		Number: 11, FlowMLPerSecond: 600,
		Nozzles: []simulator.NozzleConfig{{Nozzle: 1, Price: 750, Total: 1000}, {Nozzle: 2, Price: 798, Total: 2000}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	b.face, err = simulator.NewPTS(simulator.PTSConfig{
		Name: "pts", Station: b.station, Pumps: map[int]int{1: 11}, ID: "00AA11BB22CC33DD44EE55FF",
		Users: []string{"pos", "other"}, Password: "x", Scheme: pts.Basic, DelayedAfter: time.Second,
		Now: clock, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ask sends one request and answers its packet.
func (b *controllerBench) ask(user, kind, data string) pts.Packet {
	b.Helper()
	body := fmt.Sprintf(`{"Protocol":"jsonPTS","Packets":[{"Id":5,"Type":%q,"Data":%s}]}`, kind, data)
	answer, err := b.face.Answer(user, []byte(body))
	if err != nil {
		b.Fatalf("%s: %v", kind, err)
	}
	m, err := pts.Parse(answer)
	if err != nil || len(m.Packets) != 1 || m.Packets[0].ID() != "5" {
		b.Fatalf("%s answered %s, %v", kind, answer, err)
	}
	return m.Packets[0]
}

// want asks and compares the answer's type and message.
func (b *controllerBench) want(user, kind, data, message string) pts.Packet {
	b.Helper()
	p := b.ask(user, kind, data)
	if got := p.Type() + " " + p.Message(); got != message {
		b.Fatalf("%s %s of %s: %q, want %q", kind, data, user, got, message)
	}
	return p
}

const ofPump = `{"Pump":1}`

func (b *controllerBench) do(what func(*simulator.Pump)) { b.station.Do(11, what) }

func TestPTSKnowsEveryRequest(t *testing.T) {
	b := newController(t)
	for _, kind := range slices.Sorted(maps.Keys(pts.Requests())) {
		p := b.ask("pos", kind, `{"Pump":1,"Nozzle":1,"DateTimeStart":"2026-11-03T00:00:00","DateTimeEnd":"2026-11-04T00:00:00"}`)
		if p.Message() == "JSONPTS_ERROR_NOT_FOUND" {
			t.Errorf("%s is unknown", kind)
		}
		if wanted := pts.Requests()[kind]; wanted != "" && !p.Failed() && p.Type() != wanted && !strings.HasPrefix(kind, "PumpGetStatus") {
			t.Errorf("%s answered %s, want %s", kind, p.Type(), wanted)
		}
	}
	b.want("pos", "BrewCoffee", "{}", "BrewCoffee JSONPTS_ERROR_NOT_FOUND")
	b.want("pos", "PumpGetStatus", `{"Pump":2}`, "PumpGetStatus JSONPTS_ERROR_PUMP_NUMBER_OUT_OF_RANGE")
}

func TestPTSDoor(t *testing.T) {
	b := newController(t)
	small := `{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"PumpGetStatus","Data":{"Pump":1}}]}`
	for _, c := range []struct {
		name, method, path, user, body string
		want                           int
	}{
		{"good", "POST", "/jsonPTS", "pos", small, 200},
		{"path in small letters", "POST", "/jsonpts", "pos", small, 404},
		{"GET", "GET", "/jsonPTS", "pos", "", 405},
		{"stranger", "POST", "/jsonPTS", "eve", small, 401},
		{"oversize", "POST", "/jsonPTS", "pos", small + strings.Repeat(" ", pts.MaxRequest), 413},
		{"too many tokens", "POST", "/jsonPTS", "pos", strings.Replace(small, `"Pump":1`, `"L":[`+strings.Repeat("1,", 600)+`1]`, 1), 400},
		{"garbage", "POST", "/jsonPTS", "pos", "pump?", 400},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.SetBasicAuth(c.user, "x")
		w := httptest.NewRecorder()
		b.face.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
	if b.face.Refused() != 3 {
		t.Errorf("%d messages dropped, want 3", b.face.Refused())
	}
}

func TestPTSPacketsAreJudgedOneByOne(t *testing.T) {
	b := newController(t)
	answer, err := b.face.Answer("pos", []byte(`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"PumpLock","Data":{"Pump":9}},`+
		`{"Id":2,"Type":"ReportGetPumpTransactions","Data":{}},{"Id":3,"Type":"PumpLock","Data":{"Pump":1}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := pts.Parse(answer)
	if err != nil || len(m.Packets) != 3 {
		t.Fatalf("%s, %v", answer, err)
	}
	if !m.Packets[0].Failed() || !m.Packets[1].Failed() || m.Packets[2].Message() != "OK" {
		t.Errorf("%s", answer)
	}
}

func TestPTSLocks(t *testing.T) {
	b := newController(t)
	b.want("other", "PumpUnlock", ofPump, "PumpUnlock JSONPTS_ERROR_PUMP_NOT_LOCKED_BY_USER")
	b.want("other", "PumpLock", ofPump, "PumpLock OK")
	const order = `{"Pump":1,"Nozzle":1,"Type":"FullTank"}`
	busy := b.want("pos", "PumpAuthorize", order, "PumpAuthorize JSONPTS_ERROR_PUMP_BUSY_OTHER_USER")
	if busy.Data().Text("User") != "other" {
		t.Errorf("held by %q", busy.Data().Text("User"))
	}
	b.want("pos", "PumpLock", ofPump, "PumpLock JSONPTS_ERROR_PUMP_BUSY_OTHER_USER")
	b.want("pos", "PumpEmergencyStop", ofPump, "PumpEmergencyStop OK")
	b.want("pos", "PumpAuthorize", order, "PumpAuthorizeConfirmation ")
	b.want("pos", "PumpAuthorize", order, "PumpAuthorize JSONPTS_ERROR_DUPLICATED_AUTHORIZATION_REQUEST")
	b.want("other", "PumpStop", ofPump, "PumpStop JSONPTS_ERROR_PUMP_BUSY_OTHER_USER")
	b.want("pos", "PumpStop", ofPump, "PumpStop OK")
	b.want("other", "PumpLock", ofPump, "PumpLock OK")
}

// TestPTSSaleCycle: the end repeats until it is closed by its user with its number.
func TestPTSSaleCycle(t *testing.T) {
	b := newController(t)
	p := b.want("pos", "PumpAuthorize", `{"Pump":1,"Nozzle":2,"Type":"Volume","Dose":6.5,"Price":7.98}`, "PumpAuthorizeConfirmation ")
	if p.Data().Text("Transaction") != "1" {
		t.Fatalf("%s", p["Data"])
	}
	if p = b.want("pos", "PumpGetStatus", ofPump, "PumpIdleStatus "); p.Data().Text("OrderedDose") != "6.500" {
		t.Errorf("%s", p["Data"])
	}
	b.do(func(m *simulator.Pump) { m.Lift(2) })
	b.now = b.now.Add(5 * time.Second)
	b.want("pos", "PumpGetStatus", ofPump, "PumpFillingStatus ")
	b.want("pos", "PumpResume", ofPump, "PumpResume JSONPTS_ERROR_PUMP_NOT_IN_FILLING_PROCESS")
	b.want("other", "PumpSuspend", ofPump, "PumpSuspend JSONPTS_ERROR_PUMP_BUSY_OTHER_USER")
	b.want("pos", "PumpSuspend", ofPump, "PumpSuspend OK")
	if p = b.ask("pos", "PumpGetStatus", ofPump); !p.Data().Flag("IsSuspended") {
		t.Errorf("%s", p["Data"])
	}
	b.want("pos", "PumpResume", ofPump, "PumpResume OK")
	b.want("pos", "PumpCloseTransaction", `{"Pump":1,"Transaction":1}`, "PumpCloseTransaction JSONPTS_ERROR_PUMP_STATUS_NOT_END_OF_TRANSACTION")
	b.now = b.now.Add(10 * time.Second)
	for range 3 {
		p = b.want("other", "PumpGetStatus", ofPump, "PumpEndOfTransactionStatus ")
	}
	s, err := pts.ReadStatus(p)
	if err != nil || s.Record.Volume != 6500 || s.Record.Amount != 5187 || s.Record.Total != 8500 || s.Record.Transaction != 1 || s.NozzleUp != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
	if p = b.ask("pos", "PumpGetTransactionInformation", `{"Pump":1,"Transaction":0}`); p.Data().Text("State") != "EndOfTransaction" {
		t.Errorf("%s", p["Data"])
	}
	b.want("pos", "PumpAuthorize", `{"Pump":1,"Nozzle":2,"Type":"FullTank"}`, "PumpAuthorize JSONPTS_ERROR_PUMP_BUSY_OTHER_REQUEST_EXECUTED")
	b.want("pos", "PumpCloseTransaction", `{"Pump":1,"Transaction":2}`, "PumpCloseTransaction JSONPTS_ERROR_TRANSACTION_NUMBER_NOT_MATCH")
	b.want("other", "PumpCloseTransaction", `{"Pump":1,"Transaction":1}`, "PumpCloseTransaction JSONPTS_ERROR_USER_NOT_MATCH")
	b.want("pos", "PumpCloseTransaction", `{"Pump":1,"Transaction":1}`, "PumpCloseTransaction OK")
	p = b.want("pos", "PumpGetStatus", ofPump, "PumpIdleStatus ")
	if d := p.Data(); d.Text("LastTransaction") != "1" || d.Text("LastVolume") != "6.500" || d.Text("LastTotalVolume") != "8.500" {
		t.Errorf("%s", p["Data"])
	}
	if p = b.ask("pos", "PumpGetTransactionInformation", `{"Pump":1,"Transaction":1}`); p.Data().Text("State") != "Finished" {
		t.Errorf("%s", p["Data"])
	}
	if p = b.ask("pos", "PumpGetTransactionInformation", `{"Pump":1,"Transaction":77}`); p.Data().Text("State") != "Not found" {
		t.Errorf("%s", p["Data"])
	}
	b.wantReport(`"2026-11-03T07:00:00","DateTimeEnd":"2026-11-03T07:01:00"`, 1)
	b.wantReport(`"2026-11-03T07:01:00","DateTimeEnd":"2026-11-03T07:02:00"`, 0)
}

func (b *controllerBench) wantReport(times string, lines int) {
	b.Helper()
	p := b.want("pos", "ReportGetPumpTransactions", `{"Pump":0,"DateTimeStart":`+times+`}`, "ReportPumpTransactions ")
	if list, err := p.List(); err != nil || len(list) != lines {
		b.Errorf("report of %s: %s, %v", times, p["Data"], err)
	}
}

// TestPTSDelayedAnswers: totals and prices take the place of one status.
func TestPTSDelayedAnswers(t *testing.T) {
	b := newController(t)
	b.want("pos", "PumpGetTotals", `{"Pump":1,"Nozzle":3}`, "PumpGetTotals JSONPTS_ERROR_NOZZLE_NUMBER_OUT_OF_RANGE")
	for kind, answer := range map[string]string{"PumpGetTotals": pts.TypeTotals, "PumpGetPrices": pts.TypePrices, "PumpGetDisplayData": "PumpDisplayData"} {
		b.want("pos", kind, `{"Pump":1,"Nozzle":2}`, kind+" OK")
		b.want("pos", kind, `{"Pump":1,"Nozzle":2}`, kind+" JSONPTS_ERROR_PUMP_BUSY_OTHER_REQUEST_EXECUTED")
		if p := b.want("pos", "PumpGetStatus", ofPump, "PumpIdleStatus "); p.Data().Text("Request") != kind {
			t.Errorf("%s", p["Data"])
		}
		b.now = b.now.Add(time.Second)
		b.want("pos", "PumpGetStatus", ofPump, answer+" ")
		b.want("pos", "PumpGetStatus", ofPump, "PumpIdleStatus ")
	}
	if p := b.want("pos", "PumpGetLastSavedTotals", ofPump, "PumpTotals "); p.Data().Text("Volume") != "1.000" {
		t.Errorf("%s", p["Data"])
	}
	b.do((*simulator.Pump).PowerCut)
	b.want("pos", "PumpGetTotals", `{"Pump":1,"Nozzle":2}`, "PumpGetTotals JSONPTS_ERROR_PUMP_BUSY_OTHER_REQUEST_EXECUTED")
	b.want("pos", "PumpGetStatus", ofPump, "PumpOfflineStatus ")
}

func TestPTSRemembersSettings(t *testing.T) {
	b := newController(t)
	const prices = `{"FuelGradesPrices":[{"FuelGradeId":1,"Price":7.50}]}`
	b.want("pos", "SetFuelGradesPrices", prices, "SetFuelGradesPrices OK")
	if p := b.want("pos", "GetFuelGradesPrices", "{}", "FuelGradesPrices "); string(p["Data"]) != prices {
		t.Errorf("%s", p["Data"])
	}
	b.want("pos", "SetDateTime", `{"DateTime":"2001-01-01T00:00:00"}`, "SetDateTime OK")
	p := b.want("pos", "GetDateTime", "{}", "DateTime ")
	if p.Data().Text("DateTime") != "2026-11-03T07:00:00" || p.Data().Text("UTCOffset") != "0" {
		t.Errorf("%s", p["Data"])
	}
	var id struct{ ID string }
	p = b.want("pos", "GetUniqueIdentifier", "{}", "UniqueIdentifier ")
	if err := json.Unmarshal(p["Data"], &id); err != nil || id.ID != "00AA11BB22CC33DD44EE55FF" {
		t.Errorf("%s", p["Data"])
	}
	b.want("pos", "PumpSetPrices", `{"Pump":1,"Prices":[7.36]}`, "PumpSetPrices JSONPTS_ERROR_PUMP_BUSY_OTHER_REQUEST_EXECUTED")
	b.want("pos", "PumpSetPrices", `{"Pump":1,"Prices":[7.36,"x"]}`, "PumpSetPrices INVALID_JSON_REQUEST")
	b.want("pos", "PumpSetPrices", `{"Pump":1,"Prices":[7.36,8.95]}`, "PumpSetPrices OK")
	if got := b.station.View(11).Prices; !slices.Equal(got, []unit.FenPerLitre{736, 895}) {
		t.Errorf("prices %v", got)
	}
}

// TestPTSPriceMissing: a pump without a price says that it is not configured.
func TestPTSPriceMissing(t *testing.T) {
	b := newController(t)
	b.want("pos", "PumpSetPrices", `{"Pump":1,"Prices":[0,8.95]}`, "PumpSetPrices OK")
	b.want("pos", "PumpGetStatus", ofPump, "PumpGetStatus JSONPTS_ERROR_PUMP_IS_NOT_CONFIGURED")
}

var _ http.Handler = (*simulator.PTS)(nil)
