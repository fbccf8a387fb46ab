package httpapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ People = (*flow.Flow)(nil)
	_ People = crew{}
)

const (
	aPerson  = "01J0000000000000000000000E"
	aSession = "01J0000000000000000000000N"
)

// crew answers what is asked of staff, and remembers it where the desk does.
type crew struct{ *desk }

func (c crew) StaffList(_ context.Context, who staff.Actor) (wire.StaffList, error) {
	return wire.StaffList{Staff: []wire.StaffMember{}}, c.did("staff %s", who.Number)
}

func (c crew) AddStaff(_ context.Context, who staff.Actor, key id.Command, req wire.NewStaffRequest) (wire.StaffMember, error) {
	return wire.StaffMember{Number: req.Number}, c.did("add staff %s %s %s %s", who.Number, key, req.Number, req.Role)
}

func (c crew) ChangeStaff(_ context.Context, who staff.Actor, key id.Command, of id.Staff, req wire.StaffRequest) (wire.StaffMember, error) {
	return wire.StaffMember{ID: of}, c.did("change staff %s %s %s %s %t %d", who.Number, key, of, req.Role, req.Active, len(req.Stations))
}

func (c crew) GivePassword(_ context.Context, who staff.Actor, key id.Command, to id.Staff, req wire.PasswordRequest) (wire.Done, error) {
	return wire.Done{Command: key}, c.did("give password %s %s %s %t", who.Number, key, to, req.DropSecondFactor)
}

func (c crew) StaffSessions(_ context.Context, who staff.Actor) (wire.StaffSessionList, error) {
	return wire.StaffSessionList{Sessions: []wire.StaffSession{}}, c.did("sessions %s", who.Number)
}

func (c crew) EndSession(_ context.Context, who staff.Actor, key id.Command, session id.Session) (wire.Done, error) {
	return wire.Done{Command: key}, c.did("end session %s %s %s", who.Number, key, session)
}

func (s staffStore) Account(_ context.Context, who staff.Actor) (wire.Account, error) {
	return wire.Account{Number: who.Number, Role: who.Role, Must: who.Must}, s.desk.did("account %s", who.Number)
}

func (s staffStore) ChangeOwnPassword(_ context.Context, who staff.Actor, _ wire.OwnPasswordRequest) (wire.Account, error) {
	return wire.Account{Number: who.Number}, s.desk.did("own password %s", who.Number)
}

func (s staffStore) NewSecondFactor(_ context.Context, who staff.Actor) (wire.SecondFactor, error) {
	return wire.SecondFactor{}, s.desk.did("new factor %s", who.Number)
}

func (s staffStore) ConfirmSecondFactor(_ context.Context, who staff.Actor, _ wire.CodeRequest) (wire.RecoveryCodes, error) {
	return wire.RecoveryCodes{Codes: []string{}}, s.desk.did("confirm factor %s", who.Number)
}

func (s staffStore) RemoveSecondFactor(_ context.Context, who staff.Actor, _ wire.CodeRequest) (wire.Account, error) {
	return wire.Account{Number: who.Number}, s.desk.did("remove factor %s", who.Number)
}

func staffRoutes() []route {
	const one = "/v1/staff/" + aPerson
	return []route{
		{method: "GET", path: "/v1/staff", action: staff.ManageStaff, call: "staff 2001"},
		{method: "POST", path: "/v1/staff", body: `{"number":"2002","name":"新人","role":"cashier","password":"secret-first"}`, action: staff.ManageStaff, call: "add staff 2001 " + aKey + " 2002 cashier"},
		{method: "PUT", path: one, body: `{"name":"新人","role":"group","active":true,"stations":["` + aPerson + `"]}`, action: staff.ManageStaff, call: "change staff 2001 " + aKey + " " + aPerson + " group true 1"},
		{method: "POST", path: one + "/password", body: `{"password":"secret-given","drop_second_factor":true}`, action: staff.ManageStaff, call: "give password 2001 " + aKey + " " + aPerson + " true"},
		{method: "GET", path: "/v1/sessions", action: staff.ManageStaff, call: "sessions 2001"},
		{method: "DELETE", path: "/v1/sessions/" + aSession, action: staff.ManageStaff, call: "end session 2001 " + aKey + " " + aSession},
		{method: "GET", path: "/v1/account", action: staff.OwnAccount, call: "account 2001"},
		{method: "POST", path: "/v1/account/password", body: `{"old":"secret-old","new":"secret-new"}`, action: staff.OwnAccount, call: "own password 2001", keyless: true},
		{method: "POST", path: "/v1/account/second-factor", action: staff.OwnAccount, call: "new factor 2001", keyless: true},
		{method: "POST", path: "/v1/account/second-factor/confirmation", body: `{"code":"123456"}`, action: staff.OwnAccount, call: "confirm factor 2001", keyless: true},
		{method: "POST", path: "/v1/account/second-factor/removal", body: `{"code":"123456"}`, action: staff.OwnAccount, call: "remove factor 2001", keyless: true},
	}
}

func TestPermissionsAreShownToEverybody(t *testing.T) {
	s := newSite(t)
	for _, role := range staff.Roles() {
		table := read[wire.Permissions](t, s.call(string(role), "GET", "/v1/permissions", ""))
		if len(table.Rows) != len(staff.Actions()) || !slices.Equal(table.Roles, staff.Roles()) {
			t.Errorf("as %s: %d rows, roles %v", role, len(table.Rows), table.Roles)
		}
	}
}

// TestWhoMustDoSomethingFirstDoesNothingElse: their account and signing out
// are open to them, all else and every socket is not.
func TestWhoMustDoSomethingFirstDoesNothingElse(t *testing.T) {
	for _, r := range routes() {
		s := newSite(t)
		s.people.must = []wire.Must{wire.MustPassword}
		got := s.call("head", r.method, r.path, r.body, r.as)
		if r.action == staff.OwnAccount || !staff.May(wire.RoleHead, r.action) {
			continue
		}
		if p := problem(t, got); p.Type != wire.ProblemMustFirst || len(s.desk.calls) != 0 {
			t.Errorf("%s %s: %v, heard %q", r.method, r.path, p, s.desk.calls)
		}
	}
	s := newSite(t)
	s.people.must = []wire.Must{wire.MustSecondFactor}
	if p := problem(t, s.call("head", "POST", "/v1/tickets", "")); p.Type != wire.ProblemMustFirst {
		t.Errorf("a ticket: %v", p)
	}
	account := read[wire.Account](t, s.call("head", "GET", "/v1/account", ""))
	if !slices.Equal(account.Must, []wire.Must{wire.MustSecondFactor}) {
		t.Errorf("the account: %+v", account)
	}
	if got := s.call("head", "POST", "/v1/account/second-factor", ""); got.StatusCode != http.StatusOK {
		t.Errorf("setting a second factor up: %d", got.StatusCode)
	}
	if got := s.call("head", "POST", "/v1/logout", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("signing out: %d", got.StatusCode)
	}
}

// TestRefusalsAreTold has the API tell of what a role was refused, with the id
// in the address and nothing else of it.
func TestRefusalsAreTold(t *testing.T) {
	s := newSite(t)
	s.call("cashier", "PUT", "/v1/staff/"+aPerson, "")
	s.call("cashier", "GET", "/v1/staff", "")
	s.call("attendant", "POST", "/v1/sales/"+phone+"/payments", "")
	s.call("cashier", "GET", "/v1/prices", "") // permitted
	s.call("", "GET", "/v1/staff", "")         // nobody
	want := []string{"2001 manage-staff " + aPerson, "2001 manage-staff ", "2001 take-payment "}
	if !slices.Equal(s.people.refused, want) {
		t.Errorf("told %q, want %q", s.people.refused, want)
	}
}

// operation is an operation of the document that an action guards.
type operation struct {
	method, path string
	action       staff.Action
	responses    map[string]any
}

// operations lists them.
func operations(t *testing.T, doc map[string]any) []operation {
	t.Helper()
	var list []operation
	paths, _ := doc["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method, op := range methods {
			fields, _ := op.(map[string]any)
			action, ok := fields[actionExtension].(string)
			if !ok {
				continue
			}
			responses, _ := fields["responses"].(map[string]any)
			list = append(list, operation{strings.ToUpper(method), path, staff.Action(action), responses})
		}
	}
	if len(list) < 60 {
		t.Fatalf("only %d operations name their action", len(list))
	}
	return list
}

// address is the operation's path with something in the place of each name.
func (o operation) address() string {
	path := strings.NewReplacer("{nozzle}", "3", "{number}", "M000007").Replace(o.path)
	for {
		before, rest, found := strings.Cut(path, "{")
		if !found {
			return path
		}
		_, after, _ := strings.Cut(rest, "}")
		path = before + aSale + after
	}
}

// TestEveryOperationOfPeopleNamesItsAction: what a person's session opens says
// in the document what it takes, but for a ticket and signing out.
func TestEveryOperationOfPeopleNamesItsAction(t *testing.T) {
	for path, item := range newSite(t).inside.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Patch} {
			if op == nil || path == "/v1/tickets" || path == "/v1/logout" {
				continue
			}
			session := slices.ContainsFunc(op.Security, func(needs map[string][]string) bool {
				_, needed := needs["session"]
				return needed
			})
			if _, named := op.Extensions[actionExtension]; session != named {
				t.Errorf("%s %s takes a person's session: %v, names an action: %v", op.Method, path, session, named)
			}
		}
	}
}

// TestS076AHeadMayDoEverything walks every operation of the document that
// names an action: a head is refused none. The one exception is an attendant's
// view of their own nozzles, which a head, who sees all sales, has not.
func TestS076AHeadMayDoEverything(t *testing.T) {
	s := newSite(t)
	doc := read[map[string]any](t, s.call("", "GET", "/openapi.json", ""))
	for _, role := range []string{"head", "group"} {
		for _, op := range operations(t, doc) {
			got := s.call(role, op.method, op.address(), "")
			refused := got.StatusCode == http.StatusForbidden || got.StatusCode == http.StatusUnauthorized
			if refused != (op.action == staff.SeeRefuels) {
				t.Errorf("%s %s as %s: %d", op.method, op.path, role, got.StatusCode)
			}
		}
		for _, r := range routes() {
			if got := newSite(t).call(role, r.method, r.path, r.body, r.as); got.StatusCode != http.StatusOK {
				t.Errorf("%s %s as %s: %d", r.method, r.path, role, got.StatusCode)
			}
		}
	}
}

// TestS077ACashierSeesTransactionsAndCollects walks every operation of the
// document: what is not selling, collecting, resolving, stopping, the proof of
// it, the queue, a member's refuels by number or the own account, is refused.
func TestS077ACashierSeesTransactionsAndCollects(t *testing.T) {
	may := []staff.Action{
		staff.SeeBoard, staff.SeeSales, staff.TakePayment, staff.ResolveSale, staff.SeeProof,
		staff.HoldNozzle, staff.StopAll, staff.Authorize, staff.SeeMemberRefuels, staff.OwnAccount, staff.CountQueue,
	}
	s := newSite(t)
	doc := read[map[string]any](t, s.call("", "GET", "/openapi.json", ""))
	status := map[string]int{}
	for _, op := range operations(t, doc) {
		got := s.call("cashier", op.method, op.address(), "")
		status[op.method+" "+op.path] = got.StatusCode
		if refused := got.StatusCode == http.StatusForbidden; refused == slices.Contains(may, op.action) {
			t.Errorf("%s %s (%s): %d", op.method, op.path, op.action, got.StatusCode)
		}
	}
	for _, closed := range []string{
		"GET /v1/staff", "POST /v1/staff", "PUT /v1/staff/{staff}", "POST /v1/staff/{staff}/password",
		"GET /v1/sessions", "DELETE /v1/sessions/{session}", "PUT /v1/posts/{staff}", "POST /v1/prices",
		"GET /v1/segments", "POST /v1/segments", "POST /v1/segments/preview",
		"POST /v1/log/search", "POST /v1/log/export", "GET /v1/log/state", "GET /v1/alerts",
		"GET /v1/keys", "POST /v1/keys/rotation", "GET /v1/offers", "POST /v1/offers", "GET /v1/site", "PUT /v1/site",
		"POST /v1/members/search", "GET /v1/members/{member}", "GET /v1/members/{member}/refuels",
		"POST /v1/members/{member}/reveal", "POST /v1/members/{member}/erasure", "GET /v1/members/{member}/export",
	} {
		if got, there := status[closed]; !there || got != http.StatusForbidden {
			t.Errorf("%s: %d (in the document: %v)", closed, got, there)
		}
	}
	for _, open := range []string{
		"GET /v1/sales", "GET /v1/sales/{sale}", "POST /v1/sales/{sale}/payments", "POST /v1/sales/{sale}/resolution",
		"GET /v1/member-numbers/{number}/refuels",
	} {
		if got, there := status[open]; !there || got == http.StatusForbidden || got == http.StatusUnauthorized {
			t.Errorf("%s: %d (in the document: %v)", open, got, there)
		}
	}
}

// sensitive are the fields that tell who a member is, how to reach them, or
// what they pay from.
var sensitive = []string{
	"phone", "phones", "id_number", "plate", "plates", "name", "names", "account", "accounts", "vehicle", "vehicles", "model", "label",
}

// harmless are fields called like one of those that are nobody's but staff's
// own, or no person's.
var harmless = map[string]string{
	"Account.name":    "one's own name",
	"Post.name":       "a colleague, on the roster of nozzles",
	"GradePrice.name": "what a grade of fuel is called",
}

// walker goes through the schemas of a document.
type walker struct {
	schemas map[string]any
	seen    map[string]bool
	found   map[string]bool // "Schema.property"
}

func newWalker(doc map[string]any) *walker {
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	return &walker{schemas: schemas, seen: map[string]bool{}, found: map[string]bool{}}
}

// walk collects the properties of a schema and of all it refers to. in is the
// named schema it is part of.
func (w *walker) walk(in string, node any) {
	switch v := node.(type) {
	case []any:
		for _, part := range v {
			w.walk(in, part)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			w.named(strings.TrimPrefix(ref, "#/components/schemas/"))
		}
		for key, part := range v {
			if properties, ok := part.(map[string]any); ok && key == "properties" {
				for name, property := range properties {
					w.found[in+"."+name] = true
					w.walk(in, property)
				}
				continue
			}
			w.walk(in, part)
		}
	}
}

func (w *walker) named(name string) {
	if !w.seen[name] {
		w.seen[name] = true
		w.walk(name, w.schemas[name])
	}
}

// telling is the sensitive ones of what was found, but for the harmless.
func (w *walker) telling() []string {
	var list []string
	for field := range w.found {
		_, name, _ := strings.Cut(field, ".")
		if slices.Contains(sensitive, name) && harmless[field] == "" {
			list = append(list, field)
		}
	}
	slices.Sort(list)
	return list
}

// TestI013S078NoSensitiveFieldInWhatATillMayAsk walks the schemas of every
// answer that a cashier or an attendant may have, and of what their sockets
// carry: what they may not see is no field there, not an empty one.
func TestI013S078NoSensitiveFieldInWhatATillMayAsk(t *testing.T) {
	s := newSite(t)
	doc := read[map[string]any](t, s.call("", "GET", "/openapi.json", ""))
	walked, used := 0, map[string]bool{}
	for _, op := range operations(t, doc) {
		if !staff.May(wire.RoleCashier, op.action) && !staff.May(wire.RoleAttendant, op.action) {
			continue
		}
		w := newWalker(doc)
		for status, response := range op.responses {
			if strings.HasPrefix(status, "2") {
				w.walk(op.method+" "+op.path, response)
			}
		}
		maps.Copy(used, w.found)
		walked++
		if list := w.telling(); len(list) > 0 {
			t.Errorf("%s %s tells %v", op.method, op.path, list)
		}
	}
	if walked < 15 {
		t.Errorf("only %d operations were walked", walked)
	}
	live, _ := doc["x-forecourt-live"].(map[string]any)
	snapshots, _ := live["snapshots"].(map[string]any)
	for _, family := range []string{"desk", "forecourt", "post"} {
		w := newWalker(doc)
		ref, _ := snapshots[family].(string)
		w.named(strings.TrimPrefix(ref, "#/components/schemas/"))
		maps.Copy(used, w.found)
		if list := w.telling(); len(list) > 0 || len(w.found) < 5 {
			t.Errorf("snapshots of %s tell %v of %d fields", family, list, len(w.found))
		}
	}
	for field := range harmless {
		if !used[field] {
			t.Errorf("%s is excused and nowhere to be found", field)
		}
	}
}

// TestI013TheWalkFindsWhatIsThere: the same walk over what a head may have
// finds phones, ID numbers and plates, so that finding none means none.
func TestI013TheWalkFindsWhatIsThere(t *testing.T) {
	doc := read[map[string]any](t, newSite(t).call("", "GET", "/openapi.json", ""))
	w := newWalker(doc)
	for _, op := range operations(t, doc) {
		if op.action == staff.SeeMembers {
			w.walk(op.path, op.responses)
		}
	}
	found := strings.Join(w.telling(), " ")
	for _, want := range []string{"MemberRecord.phone", "MemberRecord.id_number", ".plate", ".name"} {
		if !strings.Contains(found, want) {
			t.Errorf("%s was not found in what a head sees: %s", want, found)
		}
	}
}

// TestNoAnswerHoldsAPassword: what is sent in is never sent back.
func TestNoAnswerHoldsAPassword(t *testing.T) {
	s := newSite(t)
	doc := read[map[string]any](t, s.call("", "GET", "/openapi.json", ""))
	for _, op := range operations(t, doc) {
		w := newWalker(doc)
		w.walk(op.path, op.responses)
		for field := range w.found {
			if strings.HasSuffix(field, ".password") || strings.HasSuffix(field, ".hash") {
				t.Errorf("%s %s answers with %s", op.method, op.path, field)
			}
		}
	}
	for _, r := range staffRoutes() {
		s.call("head", r.method, r.path, r.body, r.as)
	}
	for _, word := range []string{"secret-first", "secret-given", "secret-old", "secret-new", "123456"} {
		if strings.Contains(s.log.String(), word) {
			t.Errorf("the log holds %s", word)
		}
	}
}
