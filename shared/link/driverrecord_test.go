package link

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestEveryCallOfADriverAboutRecordsGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	sale, vehicle := id.New[id.Sale](testIDs), id.New[id.Vehicle](testIDs)
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))
	until := time.Date(2026, 12, 1, 0, 0, 0, 500_000_000, time.UTC)
	const bounds = "from=2026-10-31T16%3A00%3A00Z"
	tests := []struct {
		name string
		call func(*Driver) error
		want seenRequest
	}{
		{
			"records", ask(func(d *Driver) (any, error) { return d.Records(ctx, from, until, sale, 5) }),
			seenRequest{Method: "GET", Path: "/v1/driver/orders?before=" + sale.String() + "&" + bounds + "&limit=5&until=2026-12-01T00%3A00%3A00.5Z"},
		},
		{
			"all records", ask(func(d *Driver) (any, error) { return d.Records(ctx, time.Time{}, time.Time{}, id.Sale{}, 0) }),
			seenRequest{Method: "GET", Path: "/v1/driver/orders"},
		},
		{
			"trip", ask(func(d *Driver) (any, error) {
				return d.NoteTrip(ctx, sale, wire.Trip{Vehicle: vehicle, Odometer: 12_345, Full: true})
			}),
			seenRequest{Method: "PUT", Path: "/v1/driver/orders/" + sale.String() + "/trip", Body: `{"vehicle":"` + vehicle.String() + `","odometer_km":12345,"full":true}`},
		},
		{
			"no trip", ask(func(d *Driver) (any, error) { return d.NoteTrip(ctx, sale, wire.Trip{}) }),
			seenRequest{Method: "PUT", Path: "/v1/driver/orders/" + sale.String() + "/trip", Body: `{"full":false}`},
		},
		{
			"consumption", ask(func(d *Driver) (any, error) { return d.Consumption(ctx, vehicle, from, time.Time{}) }),
			seenRequest{Method: "GET", Path: "/v1/driver/consumption?" + bounds + "&vehicle=" + vehicle.String()},
		},
		{
			"consumption of all", ask(func(d *Driver) (any, error) { return d.Consumption(ctx, id.Vehicle{}, time.Time{}, time.Time{}) }),
			seenRequest{Method: "GET", Path: "/v1/driver/consumption"},
		},
		{"notices", ask(func(d *Driver) (any, error) { return d.Notices(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/notices"}},
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
