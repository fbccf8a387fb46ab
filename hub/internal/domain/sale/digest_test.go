package sale

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func digested() Sale {
	day := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	return Sale{
		ID: id.Sale{15: 1}, Station: id.Station{15: 2}, Day: day, Ordinal: 47, Nozzle: 3, Grade: "92#", Tank: 1,
		State: wire.SalePaid, Reasons: Reasons{wire.ReasonSmall}, Volume: 20_000, Amount: 15_000, Price: 750,
		PriceSet: id.PriceSet{15: 3}, Before: 100_000, After: 120_000, Counted: 20_000, Bucket: BucketBooked,
		Booked: 20_000, Charge: 15_000, StartedAt: day.Add(time.Hour), EndedAt: day.Add(2 * time.Hour),
		Authorization: id.Authorization{15: 4}, DeviceKey: "dart:80:1:1", Note: "加油",
	}
}

// TestTheDigestOfASaleIsFixed: the log holds digests for years.
func TestTheDigestOfASaleIsFixed(t *testing.T) {
	sum := digested().Digest()
	const want = "647480c1b85e3c6ffd7f456b105665e44fe258b75fd41fc8fc59ba4658f0d089"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// TestTheDigestCoversEveryFieldButTheMember changes each.
func TestTheDigestCoversEveryFieldButTheMember(t *testing.T) {
	before := digested().Digest()
	for i := range reflect.TypeFor[Sale]().NumField() {
		s := digested()
		field := reflect.ValueOf(&s).Elem().Field(i)
		name := reflect.TypeFor[Sale]().Field(i).Name
		switch v := field.Addr().Interface().(type) {
		case *time.Time:
			*v = v.Add(24 * time.Hour)
		case *Reasons:
			*v = nil
		case *wire.SaleState:
			*v = wire.SaleUnpaid
		case *Bucket:
			*v = BucketMissing
		case *unit.Millilitre:
			*v++
		case *unit.Fen:
			*v++
		case *unit.FenPerLitre:
			*v++
		default:
			switch field.Kind() {
			case reflect.Int:
				field.SetInt(field.Int() + 1)
			case reflect.String:
				field.SetString(field.String() + "x")
			case reflect.Bool:
				field.SetBool(!field.Bool())
			case reflect.Array:
				field.Index(0).SetUint(9)
			default:
				t.Fatalf("field %s is a %s", name, field.Kind())
			}
		}
		if changed := s.Digest() != before; changed == (name == "Member") {
			t.Errorf("a change of %s changes the digest: %t", name, changed)
		}
	}
}
