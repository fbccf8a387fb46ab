package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// bodies are the messages that no frame carries: requests, answers and
// snapshots.
func bodies() []any {
	return []any{
		wire.Frame{},
		wire.Problem{},
		wire.ForecourtSnap{},
		wire.DeskSnap{},
		wire.EnrolRequest{},
		wire.EnrolReply{},
		wire.LoginRequest{},
		wire.Session{},
		wire.Ticket{},
		wire.PayRequest{},
		wire.ResolveRequest{},
		wire.AuthorizeRequest{},
		wire.Authorization{},
		wire.HoldRequest{},
		wire.ModeRequest{},
		wire.PriceRequest{},
		wire.Done{},
		wire.SaleList{},
		wire.Position{},
		wire.StationSnap{},
		wire.DriverSnap{},
		wire.ChatSnap{},
		wire.SupportSnap{},
		wire.OrderList{},
		wire.PhoneRequest{},
		wire.CodeSent{},
		wire.DriverLogin{},
		wire.DriverSession{},
		wire.OwnPhone{},
		wire.SessionsEnded{},
		wire.ProfileRequest{},
		wire.VehicleRequest{},
		wire.StationCard{},
		wire.ClaimRequest{},
		wire.Claim{},
		wire.MemberCard{},
		wire.Fee{},
		wire.MediaLink{},
		wire.MessageList{},
		wire.ThreadList{},
		wire.OpenThread{},
		wire.SendRequest{},
		wire.ReadRequest{},
		wire.RatingRequest{},
		wire.TransferRequest{},
		wire.CaseList{},
		wire.CannedRequest{},
		wire.DutyRequest{},
		wire.StaffList{},
		wire.NewStaffRequest{},
		wire.StaffRequest{},
		wire.PasswordRequest{},
		wire.OwnPasswordRequest{},
		wire.SecondFactor{},
		wire.CodeRequest{},
		wire.RecoveryCodes{},
		wire.Account{},
		wire.StaffSessionList{},
		wire.Permissions{},
		wire.PostRequest{},
		wire.RefuelList{},
		wire.PostSnap{},
		wire.MemberRefuels{},
		wire.MemberSearch{},
		wire.MemberPage{},
		wire.MemberRecord{},
		wire.ConsentList{},
		wire.ConsentRequest{},
		wire.IDNumberRequest{},
		wire.PaymentAccountRequest{},
		wire.RevealRequest{},
		wire.Revealed{},
		wire.EraseRequest{},
		wire.MemberExport{},
		wire.Segment{},
		wire.SegmentList{},
		wire.SegmentRequest{},
		wire.SegmentPreview{},
		wire.LogQuery{},
		wire.LogPage{},
		wire.LogState{},
		wire.AlertList{},
		wire.SecuritySnap{},
		wire.KeyRing{},
		wire.Backups{},
		wire.RestoreAsk{},
		wire.DrillAsk{},
		wire.BackupSchedule{},
		wire.Site{},
		wire.OfferRequest{},
		wire.OfferList{},
		wire.QueueCount{},
		wire.PriceHistory{},
		wire.NoticeList{},
		wire.Consumption{},
		wire.Evidence{},
		wire.EvidenceKey{},
		wire.WeChatLogin{},
	}
}

// messages are all structs that cross a process, found from the table of
// kinds and from bodies.
func messages() map[reflect.Type]bool {
	found := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(t.Elem())
		case reflect.Struct:
			if found[t] || t.PkgPath() != reflect.TypeFor[wire.Frame]().PkgPath() {
				return
			}
			found[t] = true
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	for _, info := range wire.Kinds {
		if info.Body != nil {
			walk(reflect.TypeOf(info.Body))
		}
	}
	for _, body := range bodies() {
		walk(reflect.TypeOf(body))
	}
	return found
}

// Counts are the plain integers that are neither money, volume nor time; all
// stay far below 2^53.
var counts = map[string]bool{
	"Frame.seq": true, "Position.seq": true, "Hello.v": true, "Hello.min": true, "Welcome.v": true, "Welcome.acked": true,
	"Problem.status": true, "Want.rev": true, "NozzleProof.sales": true, "AuthorizeRequest.valid_seconds": true,
	"Nozzle.number": true, "Nozzle.dispenser": true, "Reading.number": true,
	"Pump.number": true, "GradeQueue.free": true, "GradeQueue.busy": true, "GradeQueue.off": true,
	"Thread.last": true, "Thread.driver_read": true, "Thread.agent_read": true, "Thread.driver_unread": true, "Thread.agent_unread": true,
	"Message.n": true, "Message.wait_seconds": true, "ReadMark.n": true, "ReadRequest.n": true, "Rating.stars": true, "RatingRequest.stars": true,
	"Media.bytes": true, "Media.width": true, "Media.height": true, "Office.day": true, "SupportSettings.max_each": true,
	"Agent.active": true, "Audience.drivers": true, "CodeSent.again_seconds": true, "SessionsEnded.ended": true, "MemberCard.fuellings": true,
	"Account.recovery": true, "Post.nozzles": true, "PostRequest.nozzles": true, "PostRequest.hours": true,
	"MemberRow.refuels": true, "MemberSearch.limit": true, "Habits.refuels": true, "GradeCount.refuels": true,
	"HabitTime.weekday": true, "HabitTime.hour": true, "HabitTime.refuels": true,
	"Consent.version": true, "ConsentText.version": true, "ConsentRequest.version": true,
	"Segment.members": true, "SegmentPreview.members": true, "SegmentCondition.days": true, "SegmentCondition.weekdays": true,
	"SegmentCondition.from_hour": true, "SegmentCondition.until_hour": true, "SegmentCondition.at_least": true, "SegmentCondition.at_most": true,
	"LogEntry.n": true, "LogQuery.limit": true, "LogState.rows": true, "LogState.waiting": true, "Alert.count": true,
	"DataKey.id": true, "DataKey.uses": true, "KeyRing.members": true, "KeyRing.erased": true,
	"Queue.waiting": true, "Beat.waiting": true, "QueueCount.waiting": true, "GradeQueue.wait_minutes": true,
	"Place.latitude_e6": true, "Place.longitude_e6": true, // millionths of a degree
	"Trip.odometer_km": true, "Consumption.distance_km": true, "TripInterval.distance_km": true, // whole kilometres
	"Consumption.average_per_100km_dl": true, "TripInterval.average_per_100km_dl": true, // tenths of a litre
	"Consumption.refuels": true, "MonthOfFuel.refuels": true, "Evidence.dispenser": true,
	"RestoreLoss.seconds": true, "RestoreLoss.sales": true, "RestoreLoss.payments": true, "RestoreLoss.messages": true, "RestoreLoss.members": true,
	"BackupSet.bytes": true, "BackupSet.sales": true, "BackupPlace.sets": true, "BackupPlace.bytes": true, "BackupPlace.free_bytes": true,
	"BackupWork.done": true, "BackupSchedule.weekday": true, "BackupCheck.count": true,
	"Rotation.to": true, "Rotation.done": true, "Rotation.left": true,
}

// unitSuffix is how a field of a unit ends its name, so that nobody outside of
// Go mistakes one for another.
var unitSuffix = map[reflect.Type]string{
	reflect.TypeFor[unit.Fen]():         "_fen",
	reflect.TypeFor[unit.Millilitre]():  "_ml",
	reflect.TypeFor[unit.FenPerLitre](): "_fen_per_l",
}

// Money and litres are integers everywhere that processes meet (D001), and
// every field says its name and unit.
func TestD001NoMessageHoldsAFraction(t *testing.T) {
	for m := range messages() {
		for i := range m.NumField() {
			f := m.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			where := m.Name() + "." + name
			if name == "" || name == "-" || name != strings.ToLower(name) {
				t.Errorf("%s.%s has no name in JSON", m.Name(), f.Name)
			}
			checkField(t, where, name, f.Type)
		}
	}
}

func checkField(t *testing.T, where, name string, ft reflect.Type) {
	t.Helper()
	if suffix, ok := unitSuffix[ft]; ok {
		if !strings.HasSuffix(name, suffix) {
			t.Errorf("%s is a %v: its name should end in %s", where, ft, suffix)
		}
		return
	}
	switch ft.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		t.Errorf("%s is a %v: floating point near money", where, ft)
	case reflect.Interface, reflect.Map, reflect.Func, reflect.Chan:
		t.Errorf("%s is a %v: a message has a shape", where, ft)
	case reflect.Slice, reflect.Pointer:
		if ft != reflect.TypeFor[json.RawMessage]() {
			checkField(t, where, name, ft.Elem())
		}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		if !counts[where] && !strings.HasSuffix(name, "_ms") && name != "nozzle" {
			t.Errorf("%s is a plain %v: give it a unit, or list it as a count", where, ft)
		}
	}
}

// A value survives the wire, and a later version's fields do not disturb it.
func TestEveryBodySurvivesTheWire(t *testing.T) {
	for m := range messages() {
		zero := reflect.New(m).Elem().Interface()
		text := wire.Body(zero)
		again := reflect.New(m)
		if err := json.Unmarshal(text, again.Interface()); err != nil {
			t.Errorf("%v: %v", m, err)
			continue
		}
		if diff := cmp.Diff(zero, again.Elem().Interface()); diff != "" && m != reflect.TypeFor[wire.Frame]() {
			t.Errorf("%v: %s", m, diff)
		}
	}
}

func TestFramesSurviveTheWire(t *testing.T) {
	maker := id.NewMaker(testNow, strings.NewReader(strings.Repeat("randomness", 100)))
	epoch := id.New[id.Epoch](maker)
	rapid.Check(t, func(t *rapid.T) {
		var message []byte
		var want []wire.Frame
		for range rapid.IntRange(0, 5).Draw(t, "frames") {
			f := wire.Frame{
				K:   wire.Kind(rapid.StringMatching(`[a-z.]{1,12}`).Draw(t, "kind")),
				Ch:  wire.Channel(rapid.String().Draw(t, "channel")),
				Seq: rapid.Uint64Range(0, unit.Max).Draw(t, "seq"),
				D:   wire.Body(rapid.String().Draw(t, "body")),
			}
			if rapid.Bool().Draw(t, "dated") {
				f.At, f.Ep = testNow(), epoch
			}
			line, err := wire.Encode(f)
			if err != nil || strings.Contains(string(line), "\n") {
				t.Fatalf("%q, %v", line, err)
			}
			message = append(append(message, line...), '\n')
			want = append(want, f)
		}
		got, err := wire.Decode(message)
		if err != nil {
			t.Fatal(err)
		}
		// Strings that are not UTF-8 are mended by encoding/json on the way out.
		for i := range want {
			want[i].Ch = wire.Channel(strings.ToValidUTF8(string(want[i].Ch), "\ufffd"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestDecodeRefusesWhatIsNoFrame(t *testing.T) {
	for _, text := range []string{
		"{", "null", "{}", `{"k":""}`, `{"k":5}`, "[]", `{"k":"a"} {"k":"b"}`, `{"k":"a","seq":-1}`,
		`{"k":"a","seq":1.5}`, `{"k":"a","ep":"x"}`, `{"k":"a","at":"yesterday"}`, "{\"k\":\n\"a\"}", "\xff",
	} {
		if frames, err := wire.Decode([]byte(text)); !errors.Is(err, wire.ErrFrame) || frames != nil {
			t.Errorf("%q: %v, %v", text, frames, err)
		}
	}
	for _, text := range []string{"", "\n", " \r\n\n"} {
		if frames, err := wire.Decode([]byte(text)); err != nil || len(frames) != 0 {
			t.Errorf("%q: %v, %v", text, frames, err)
		}
	}
	frames, err := wire.Decode([]byte("{\"k\":\"a\",\"new\":{}}\r\n\n{\"k\":\"b\"}"))
	if err != nil || len(frames) != 2 {
		t.Errorf("fields of a newer hub: %v, %v", frames, err)
	}
}

func TestReadIsLenientAndReadStrictIsNot(t *testing.T) {
	tests := []struct {
		text            string
		lenient, strict bool
	}{
		{`{"number":3,"volume_ml":25480}`, true, true},
		{`{}`, true, true},
		{` {"number":3} `, true, true},
		{`{"number":3,"colour":"red"}`, true, false},
		{`{"number":3} {"number":4}`, false, false},
		{`{"number":3}}`, false, false},
		{`{"number":3}]`, false, false},
		{`{"number":3}x`, false, false},
		{`{"number":"3"}`, false, false},
		{`{"number":3.0}`, false, false},
		{`{"volume_ml":25.48}`, false, false},
		{`{"volume_ml":1e3}`, false, false},
		{`{"volume_ml":99999999999999999999}`, false, false},
		{`null`, false, false},
		{` null `, false, false},
		{`[]`, false, false},
		{``, false, false},
	}
	for _, tt := range tests {
		if _, err := wire.Read[wire.Reading]([]byte(tt.text)); (err == nil) != tt.lenient || (err != nil && !errors.Is(err, wire.ErrFrame)) {
			t.Errorf("Read %s: %v", tt.text, err)
		}
		if _, err := wire.ReadStrict[wire.Reading]([]byte(tt.text)); (err == nil) != tt.strict || (err != nil && !errors.Is(err, wire.ErrFrame)) {
			t.Errorf("ReadStrict %s: %v", tt.text, err)
		}
	}
}

func TestChannels(t *testing.T) {
	station := id.New[id.Station](id.NewMaker(testNow, strings.NewReader(strings.Repeat("r", 40))))
	for family, ch := range map[string]wire.Channel{"forecourt": wire.Forecourt(station), "desk": wire.Desk(station)} {
		if f, name := ch.Split(); f != family || name != station.String() {
			t.Errorf("%s is %s of %s", ch, f, name)
		}
	}
	if f, name := wire.Channel("odd").Split(); f != "odd" || name != "" {
		t.Error(f, name)
	}
}

func TestCloseCodesSayWhetherToComeBack(t *testing.T) {
	for code, want := range map[int]bool{1000: true, 1006: true, 4000: true, 4499: true, 4500: false, 4999: false, 5000: true} {
		if wire.Comeback(code) != want {
			t.Errorf("%d: %v", code, !want)
		}
	}
}

func TestLimitsFitOneAnother(t *testing.T) {
	// The longest of facts, many times over, fits one message.
	trace := make([]wire.TracePoint, wire.MaxTrace)
	for i := range trace {
		trace[i] = wire.TracePoint{AfterMS: 86_400_000, Volume: unit.Max}
	}
	fact, err := wire.Encode(wire.Frame{K: wire.KindSaleEnded, Seq: unit.Max, D: wire.Body(wire.SaleEnded{
		Nozzle: 512, Volume: unit.Max, Amount: unit.Max, Price: unit.Max, Before: unit.Max, After: unit.Max,
		DeviceKey: strings.Repeat("k", 1024), StartedAt: testNow(), EndedAt: testNow(), BeforeFrom: wire.SourceDerived,
		Trace: trace,
	})})
	if err != nil || len(fact) > 5<<10 || len(fact)*12 > wire.MaxFrameInBytes {
		t.Errorf("a fact of %d bytes, %v", len(fact), err)
	}
	var snap wire.ForecourtSnap
	for n := range 512 {
		snap.Nozzles = append(snap.Nozzles, wire.Nozzle{
			Number: n, Grade: "92#", State: wire.NozzleAuthorized, Mode: wire.ModeControlled,
			Hold: wire.HoldPause, Volume: 999999, Amount: 999999, Price: 999, Totalizer: unit.Max, Since: testNow(), Preset: wire.Preset{Kind: wire.PresetVolume, Volume: 99999},
		})
	}
	if b := wire.Body(snap); len(b) > wire.MaxFrameOutBytes {
		t.Errorf("a forecourt of 512 nozzles takes %d bytes", len(b))
	}
	if wire.MinVersion > wire.Version {
		t.Error("this build does not serve itself")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"k":"hello","d":{"v":1,"min":1,"ticket":"t","resume":[{"ch":"desk/01KAQ0G000000000000000000S","seq":3}]}}`,
		"{\"k\":\"ack\",\"seq\":9}\n{\"k\":\"beat\",\"ch\":\"x\"}", `{"k":"fact.sale","seq":1,"d":{"volume_ml":1e9}}`, "{}", "\n\n", `{"k":"a","d":[[[[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		frames, err := wire.Decode(message)
		if err != nil {
			if !errors.Is(err, wire.ErrFrame) {
				t.Fatal(err)
			}
			return
		}
		for _, frame := range frames {
			line, err := wire.Encode(frame)
			if err != nil {
				t.Fatalf("%+v was read and cannot be written: %v", frame, err)
			}
			again, err := wire.Decode(line)
			if err != nil || len(again) != 1 || again[0].K != frame.K || again[0].Seq != frame.Seq || again[0].Ch != frame.Ch {
				t.Fatalf("%+v became %+v, %v", frame, again, err)
			}
			// No body makes a reader panic.
			_, _ = wire.ReadStrict[wire.SaleEnded](frame.D)
			_, _ = wire.Read[wire.Hello](frame.D)
		}
	})
}
