package member_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestS035RowsShowWhoMembersAreWithThePhoneMasked(t *testing.T) {
	r := newRig(t)
	one, _ := r.everything(t, phone, "云A12345", checked("53010219900307001"))
	r.now = r.now.Add(time.Second)
	if _, err := r.AddVehicle(t.Context(), one, wire.VehicleRequest{Plate: "云AD12345"}); err != nil {
		t.Fatal(err)
	}
	bare := r.join(t, "13800000003")
	rows, err := r.Rows(t.Context(), r.db, bare.Member, id.Member{15: 9}, one.Member)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	if got := rows[0]; got.ID != bare.Member || got.Number != bare.Number || got.Name != "" || got.Phone != "138****0003" || got.Plates != nil || got.Refuels != 0 {
		t.Errorf("the bare one is %+v", got)
	}
	got := rows[1]
	if got.ID != one.Member || got.Name != "王晓燕" || got.Phone != "138****0001" || !slices.Equal(got.Plates, []string{"云A12345", "云AD12345"}) ||
		got.Refuels != 1 || got.LastAt.IsZero() {
		t.Errorf("the other is %+v", got)
	}
	if none, err := r.Rows(t.Context(), r.db); err != nil || len(none) != 0 {
		t.Errorf("nobody's rows: %v, %v", none, err)
	}
}

func TestFindingByNumberAndTheNewest(t *testing.T) {
	r := newRig(t)
	var all []id.Member
	for n := range 5 {
		r.now = r.now.Add(time.Second)
		all = append(all, r.join(t, fmt.Sprintf("1380000001%d", n)).Member)
	}
	for _, typed := range []string{"M000002", "2", "m 2"} {
		if m, found, err := r.FindByNumber(t.Context(), r.db, typed); err != nil || !found || m != all[1] {
			t.Errorf("%q is %v, %v, %v", typed, m, found, err)
		}
	}
	if _, found, err := r.FindByNumber(t.Context(), r.db, "99"); err != nil || found {
		t.Errorf("nobody's number: %v, %v", found, err)
	}
	r.erase(t, all[3])
	page, err := r.Newest(t.Context(), r.db, id.Member{}, 2)
	if err != nil || !slices.Equal(page, []id.Member{all[4], all[2]}) {
		t.Errorf("the newest are %v, %v", page, err)
	}
	if page, err = r.Newest(t.Context(), r.db, page[1], 9); err != nil || !slices.Equal(page, []id.Member{all[1], all[0]}) {
		t.Errorf("then %v, %v", page, err)
	}
}

func TestTanks(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	for _, tank := range []int64{1, 19_999, 1_500_001, -1} {
		_, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云A12345", Tank: unit.Millilitre(tank)})
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	for _, tank := range []int64{20_000, 1_500_000, 0} {
		got, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云A12345", Tank: unit.Millilitre(tank)})
		if err != nil || len(got.Vehicles) != 1 || got.Vehicles[0].Tank != unit.Millilitre(tank) {
			t.Errorf("%d ml: %+v, %v", tank, got.Vehicles, err)
		}
	}
}
