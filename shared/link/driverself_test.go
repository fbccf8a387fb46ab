package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestEveryCallOfADriverAboutThemselvesGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	account := id.New[id.PaymentAccount](testIDs)
	tests := []struct {
		name string
		call func(*Driver) error
		want seenRequest
	}{
		{"consents", ask(func(d *Driver) (any, error) { return d.Consents(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/consents"}},
		{"consent", ask(func(d *Driver) (any, error) {
			return d.SetConsent(ctx, wire.ConsentPlate, wire.ConsentRequest{Given: true, Version: 2})
		}), seenRequest{Method: "PUT", Path: "/v1/driver/consents/plate_recognition", Body: `{"given":true,"version":2}`}},
		{"id number", ask(func(d *Driver) (any, error) {
			return d.SetIDNumber(ctx, wire.IDNumberRequest{IDNumber: "11010519491231002X"})
		}), seenRequest{Method: "PUT", Path: "/v1/driver/me/id-number", Body: `{"id_number":"11010519491231002X"}`}},
		{"add account", ask(func(d *Driver) (any, error) {
			return d.AddAccount(ctx, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222"})
		}), seenRequest{Method: "POST", Path: "/v1/driver/me/accounts", Body: `{"kind":"bank","account":"6222"}`}},
		{
			"drop account", ask(func(d *Driver) (any, error) { return d.DropAccount(ctx, account) }),
			seenRequest{Method: "DELETE", Path: "/v1/driver/me/accounts/" + account.String()},
		},
		{"phone", ask(func(d *Driver) (any, error) { return d.Phone(ctx) }), seenRequest{Method: "POST", Path: "/v1/driver/me/phone"}},
		{"end others", ask(func(d *Driver) (any, error) { return d.EndOthers(ctx) }), seenRequest{Method: "DELETE", Path: "/v1/driver/sessions"}},
		{"habits", ask(func(d *Driver) (any, error) { return d.Habits(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/me/habits"}},
		{"export", ask(func(d *Driver) (any, error) { return d.Export(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/me/export"}},
		{
			"erase", func(d *Driver) error { return d.Erase(ctx, wire.EraseRequest{Number: "M000123"}) },
			seenRequest{Method: "POST", Path: "/v1/driver/me/erasure", Body: `{"number":"M000123"}`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, seen := driverRecorder(t, struct{}{})
			d.Resume("fcd_token")
			if err := tt.call(d); err != nil {
				t.Fatal(err)
			}
			tt.want.Bearer = "fcd_token"
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErasedMembersSessionIsForgotten(t *testing.T) {
	d, seen := driverRecorder(t, struct{}{})
	d.Resume("fcd_token")
	if err := d.Erase(t.Context(), wire.EraseRequest{Number: "M000123"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Me(t.Context()); err != nil || seen.Bearer != "" {
		t.Errorf("asked as %q, %v", seen.Bearer, err)
	}
}
