package link

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// officeCall is a call of the members page or the office, and what the hub
// should see of it.
type officeCall struct {
	name string
	call func(*Client) (any, error)
	want seenRequest
}

func TestEveryCallAboutMembersGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, member, sale, segment := id.New[id.Command](testIDs), id.New[id.Member](testIDs), id.New[id.Sale](testIDs), id.New[id.Segment](testIDs)
	account := id.New[id.PaymentAccount](testIDs)
	at, k := "/v1/members/"+member.String(), key.String()
	rule := wire.SegmentRequest{Name: "n", Rule: wire.SegmentRule{Conditions: []wire.SegmentCondition{{Kind: wire.SegmentIdle, Days: 60}}}}
	const ruleText = `{"name":"n","rule":{"conditions":[{"kind":"idle","days":60}]}}`
	checkCalls(t, []officeCall{
		{
			"search", func(c *Client) (any, error) { return c.SearchMembers(ctx, wire.MemberSearch{Plate: "云A12345"}) },
			seenRequest{Method: "POST", Path: "/v1/members/search", Body: `{"plate":"云A12345"}`},
		},
		{"member", func(c *Client) (any, error) { return c.Member(ctx, member) }, seenRequest{Method: "GET", Path: at}},
		{
			"refuels", func(c *Client) (any, error) { return c.RefuelsOfMember(ctx, member, sale) },
			seenRequest{Method: "GET", Path: at + "/refuels?before=" + sale.String()},
		},
		{"reveal", func(c *Client) (any, error) {
			return c.Reveal(ctx, member, wire.RevealRequest{Field: wire.FieldAccount, Account: account, Reason: "r"})
		}, seenRequest{Method: "POST", Path: at + "/reveal", Body: `{"field":"account","account":"` + account.String() + `","reason":"r"}`}},
		{"erase", func(c *Client) (any, error) {
			return c.EraseMember(ctx, key, member, wire.EraseRequest{Number: "M000123", Reason: "r"})
		}, seenRequest{Method: "POST", Path: at + "/erasure", Key: k, Body: `{"number":"M000123","reason":"r"}`}},
		{"export", func(c *Client) (any, error) { return c.ExportMember(ctx, member) }, seenRequest{Method: "GET", Path: at + "/export"}},
		{
			"by number", func(c *Client) (any, error) { return c.MemberRefuels(ctx, "M000123", id.Sale{}) },
			seenRequest{Method: "GET", Path: "/v1/member-numbers/M000123/refuels"},
		},
		{
			"by a number that is none", func(c *Client) (any, error) { return c.MemberRefuels(ctx, "../staff", sale) },
			seenRequest{Method: "GET", Path: "/v1/member-numbers/..%2Fstaff/refuels?before=" + sale.String()},
		},
		{"segments", func(c *Client) (any, error) { return c.Segments(ctx) }, seenRequest{Method: "GET", Path: "/v1/segments"}},
		{
			"add segment", func(c *Client) (any, error) { return c.PutSegment(ctx, key, id.Segment{}, rule) },
			seenRequest{Method: "POST", Path: "/v1/segments", Key: k, Body: ruleText},
		},
		{
			"put segment", func(c *Client) (any, error) { return c.PutSegment(ctx, key, segment, rule) },
			seenRequest{Method: "PUT", Path: "/v1/segments/" + segment.String(), Key: k, Body: ruleText},
		},
		{
			"drop segment", func(c *Client) (any, error) { return c.DropSegment(ctx, key, segment) },
			seenRequest{Method: "DELETE", Path: "/v1/segments/" + segment.String(), Key: k},
		},
		{
			"preview", func(c *Client) (any, error) { return c.PreviewSegment(ctx, rule) },
			seenRequest{Method: "POST", Path: "/v1/segments/preview", Body: ruleText},
		},
	})
}

func TestEveryCallAboutPeopleGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, staff, session, sale := id.New[id.Command](testIDs), id.New[id.Staff](testIDs), id.New[id.Session](testIDs), id.New[id.Sale](testIDs)
	k := key.String()
	code := wire.CodeRequest{Code: "123456"}
	checkCalls(t, []officeCall{
		{"staff", func(c *Client) (any, error) { return c.Staff(ctx) }, seenRequest{Method: "GET", Path: "/v1/staff"}},
		{"add", func(c *Client) (any, error) {
			return c.AddStaff(ctx, key, wire.NewStaffRequest{Number: "2003", Name: "n", Role: wire.RoleCashier, Password: "p"})
		}, seenRequest{Method: "POST", Path: "/v1/staff", Key: k, Body: `{"number":"2003","name":"n","role":"cashier","password":"p"}`}},
		{"set", func(c *Client) (any, error) {
			return c.SetStaff(ctx, key, staff, wire.StaffRequest{Name: "n", Role: wire.RoleAgent, Active: true})
		}, seenRequest{Method: "PUT", Path: "/v1/staff/" + staff.String(), Key: k, Body: `{"name":"n","role":"agent","active":true}`}},
		{"password", func(c *Client) (any, error) {
			return c.GivePassword(ctx, key, staff, wire.PasswordRequest{Password: "p", DropSecondFactor: true})
		}, seenRequest{Method: "POST", Path: "/v1/staff/" + staff.String() + "/password", Key: k, Body: `{"password":"p","drop_second_factor":true}`}},
		{"sessions", func(c *Client) (any, error) { return c.StaffSessions(ctx) }, seenRequest{Method: "GET", Path: "/v1/sessions"}},
		{
			"end session", func(c *Client) (any, error) { return c.EndSession(ctx, key, session) },
			seenRequest{Method: "DELETE", Path: "/v1/sessions/" + session.String(), Key: k},
		},
		{"permissions", func(c *Client) (any, error) { return c.Permissions(ctx) }, seenRequest{Method: "GET", Path: "/v1/permissions"}},
		{"account", func(c *Client) (any, error) { return c.Account(ctx) }, seenRequest{Method: "GET", Path: "/v1/account"}},
		{"own password", func(c *Client) (any, error) {
			return c.ChangePassword(ctx, wire.OwnPasswordRequest{Old: "o", New: "n"})
		}, seenRequest{Method: "POST", Path: "/v1/account/password", Body: `{"old":"o","new":"n"}`}},
		{"begin factor", func(c *Client) (any, error) { return c.BeginSecondFactor(ctx) }, seenRequest{Method: "POST", Path: "/v1/account/second-factor"}},
		{
			"confirm factor", func(c *Client) (any, error) { return c.ConfirmSecondFactor(ctx, code) },
			seenRequest{Method: "POST", Path: "/v1/account/second-factor/confirmation", Body: `{"code":"123456"}`},
		},
		{
			"drop factor", func(c *Client) (any, error) { return c.DropSecondFactor(ctx, code) },
			seenRequest{Method: "POST", Path: "/v1/account/second-factor/removal", Body: `{"code":"123456"}`},
		},
		{"post", func(c *Client) (any, error) { return c.OwnPost(ctx) }, seenRequest{Method: "GET", Path: "/v1/post"}},
		{
			"post refuels", func(c *Client) (any, error) { return c.PostRefuels(ctx, 3, sale) },
			seenRequest{Method: "GET", Path: "/v1/post/refuels?before=" + sale.String() + "&nozzle=3"},
		},
		{"roster", func(c *Client) (any, error) { return c.Roster(ctx) }, seenRequest{Method: "GET", Path: "/v1/roster"}},
		{"assign", func(c *Client) (any, error) {
			return c.Assign(ctx, key, staff, wire.PostRequest{Nozzles: []int{1, 2}, Hours: 8})
		}, seenRequest{Method: "PUT", Path: "/v1/posts/" + staff.String(), Key: k, Body: `{"nozzles":[1,2],"hours":8}`}},
	})
}

func TestEveryCallAboutSecurityGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, alert := id.New[id.Command](testIDs), id.New[id.Alert](testIDs)
	k := key.String()
	checkCalls(t, []officeCall{
		{"log", func(c *Client) (any, error) {
			return c.SearchLog(ctx, wire.LogQuery{Action: "member.", Refused: true, From: time.Unix(0, 0).UTC()})
		}, seenRequest{Method: "POST", Path: "/v1/log/search", Body: `{"action":"member.","refused":true,"from":"1970-01-01T00:00:00Z"}`}},
		{"log state", func(c *Client) (any, error) { return c.LogState(ctx) }, seenRequest{Method: "GET", Path: "/v1/log/state"}},
		{
			"export", func(c *Client) (any, error) { return c.ExportLog(ctx, wire.LogQuery{Number: "2001"}, &bytes.Buffer{}) },
			seenRequest{Method: "POST", Path: "/v1/log/export", Body: `{"number":"2001"}`},
		},
		{"alerts", func(c *Client) (any, error) { return c.Alerts(ctx, AlertQuery{}) }, seenRequest{Method: "GET", Path: "/v1/alerts"}},
		{
			"open alerts", func(c *Client) (any, error) { return c.Alerts(ctx, AlertQuery{Open: true, Before: alert}) },
			seenRequest{Method: "GET", Path: "/v1/alerts?before=" + alert.String() + "&open=true"},
		},
		{
			"note", func(c *Client) (any, error) { return c.NoteAlert(ctx, key, alert) },
			seenRequest{Method: "POST", Path: "/v1/alerts/" + alert.String() + "/seen", Key: k},
		},
		{"keys", func(c *Client) (any, error) { return c.KeyRing(ctx) }, seenRequest{Method: "GET", Path: "/v1/keys"}},
		{"rotate", func(c *Client) (any, error) { return c.RotateKeys(ctx, key) }, seenRequest{Method: "POST", Path: "/v1/keys/rotation", Key: k}},
	})
}

func checkCalls(t *testing.T, calls []officeCall) {
	t.Helper()
	for _, tt := range calls {
		t.Run(tt.name, func(t *testing.T) {
			c, seen := recorder(t, struct{}{})
			if _, err := tt.call(c); err != nil {
				t.Fatal(err)
			}
			tt.want.Bearer = "device-token"
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoginBringsTheCode(t *testing.T) {
	c, seen := recorder(t, wire.Session{Token: "t", Must: []wire.Must{wire.MustPassword}})
	session, err := c.Login(t.Context(), wire.LoginRequest{Number: "1001", Password: "p", Code: "123456"})
	if err != nil || len(session.Must) != 1 || seen.Body != `{"number":"1001","password":"p","code":"123456"}` {
		t.Errorf("%+v, %v, sent %s", session, err, seen.Body)
	}
}

// exporting is a client of a hub that answers an export as it is told.
func exporting(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return newTestClient(t, Options{BaseURL: s.URL})
}

func TestExportIsCopiedAsItComes(t *testing.T) {
	rows := strings.Repeat("2026-11-23,1001,member.look\n", 100_000) // more than any other answer may be
	c := exporting(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = w.Write([]byte(rows))
	})
	var got bytes.Buffer
	n, err := c.ExportLog(t.Context(), wire.LogQuery{}, &got)
	if err != nil || n != int64(len(rows)) || got.String() != rows {
		t.Errorf("%d bytes of %d, %v", n, len(rows), err)
	}
}

func TestExportThatIsRefusedOrCutIsAnError(t *testing.T) {
	c := exporting(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusForbidden, wire.NewProblem(wire.ProblemForbidden, ""))
	})
	var got bytes.Buffer
	_, err := c.ExportLog(t.Context(), wire.LogQuery{}, &got)
	if p := (*wire.Problem)(nil); !errors.As(err, &p) || p.Type != wire.ProblemForbidden || got.Len() != 0 {
		t.Errorf("refused: %v, %d bytes", err, got.Len())
	}
	c = exporting(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("half of it"))
	})
	if _, err := c.ExportLog(t.Context(), wire.LogQuery{}, &bytes.Buffer{}); err == nil {
		t.Error("half an export was taken for a whole one")
	}
}
