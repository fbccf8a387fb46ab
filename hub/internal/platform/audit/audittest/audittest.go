// Package audittest fills a log with what a busy station writes, for tests and
// measurements: thirty people, a few hundred members, mostly payments, a look
// at a member now and then, and rarely something worth finding. The same
// arguments make the same rows, but for their ids.
package audittest

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// How many people, members and stations there are.
const (
	People   = 30
	Members  = 500
	Stations = 2
	// batch is how many rows one statement inserts.
	batch = 1000
)

// Station, Person and Member are the n-th of each, from 1.
func Station(n int) id.Station { return numbered[id.Station](n) }

// Person is the n-th employee.
func Person(n int) id.Staff { return numbered[id.Staff](n) }

// Member is the n-th member.
func Member(n int) id.Member { return numbered[id.Member](n) }

func numbered[I ~[16]byte](n int) (i I) {
	binary.BigEndian.PutUint64(i[8:], uint64(n))
	return i
}

// Fill writes rows, one every interval from begin on.
func Fill(ctx context.Context, db *mysql.DB, rows int, begin time.Time, interval time.Duration) error {
	var chance dice
	list := make([]audit.Row, 0, batch)
	for n := range rows {
		list = append(list, row(&chance, n, begin.Add(time.Duration(n)*interval)))
		if len(list) < batch && n+1 < rows {
			continue
		}
		err := db.InTx(ctx, "filling the log", func(ctx context.Context, tx *mysql.Tx) error {
			return audit.WriteAll(ctx, tx, list...)
		})
		if err != nil {
			return err
		}
		list = list[:0]
	}
	return nil
}

// dice is chance that is the same each time: Knuth's linear congruential
// generator (MMIX), of which the high bits are used.
type dice uint64

func (d *dice) below(n int) int {
	*d = *d*6364136223846793005 + 1442695040888963407
	return int(uint64(*d)>>33) % n
}

// row is one act. The rare ones are one in ten thousand.
func row(chance *dice, n int, at time.Time) audit.Row {
	r := audit.Row{
		At: at, Station: Station(1 + n%Stations), Staff: Person(1 + chance.below(People)), Result: audit.OK,
		Action: "sale.pay", Object: "sale", ObjectID: numbered[id.Sale](n + 1).String(), Note: "cash 200.00", Digest: [32]byte{1},
	}
	member := Member(1 + chance.below(Members)).String()
	switch k := chance.below(10_000); {
	case k == 0:
		r.Action, r.Object, r.ObjectID, r.Note = "member.reveal", "member", member, "phone: asked by the driver"
	case k == 1:
		r.Action, r.Object, r.ObjectID, r.Note = "keys.rotate", "keys", "2", ""
	case k == 2:
		r.Action, r.Object, r.ObjectID, r.Note = "member.look", "member", member, ""
		r.Result = "urn:forecourt:problem:forbidden"
	case k < 1000:
		r.Action, r.Object, r.ObjectID, r.Note = "member.look", "member", member, ""
	case k < 1500:
		r.Action, r.Object, r.ObjectID, r.Note = "nozzle.hold", "nozzle", fmt.Sprint(1+k%16), "pause"
	case k < 2000:
		r.Staff, r.Member = id.Staff{}, Member(1+chance.below(Members))
		r.Action, r.Object, r.ObjectID, r.Note = "chat.open", "thread", numbered[id.Thread](n+1).String(), ""
	}
	if r.Action != "sale.pay" {
		r.Digest = [32]byte{}
	}
	return r
}

// Question is a search that somebody would make.
type Question struct {
	Name string
	Ask  audit.Query
}

// Questions are searches by person, action, object, time and combinations of
// them, over a log that Fill made: what is frequent, what is rare and what is
// not there.
func Questions(rows int, begin time.Time, interval time.Duration) []Question {
	at := func(share int) time.Time { return begin.Add(time.Duration(rows/100*share) * interval) }
	s, member := Station(1), Member(7).String()
	return []Question{
		{"newest", audit.Query{Station: s}},
		{"a person", audit.Query{Station: s, Staff: Person(3)}},
		{"nobody", audit.Query{Station: s, Staff: Person(99)}},
		{"a member's own acts", audit.Query{Station: s, Member: Member(7)}},
		{"a frequent action", audit.Query{Station: s, Action: "sale.pay"}},
		{"a rare action", audit.Query{Station: s, Action: "keys.rotate"}},
		{"an action that is not there", audit.Query{Station: s, Action: "staff.add"}},
		{"a family", audit.Query{Station: s, Action: "member."}},
		{"a rare family", audit.Query{Station: s, Action: "keys."}},
		{"a family that is not there", audit.Query{Station: s, Action: "segment."}},
		{"an object", audit.Query{Station: s, Object: "member", ObjectID: member}},
		{"a rare kind of object", audit.Query{Station: s, Object: "keys"}},
		{"a kind that is not there", audit.Query{Station: s, Object: "segment"}},
		{"what was refused", audit.Query{Station: s, Refused: true}},
		{"a day in the middle", audit.Query{Station: s, From: at(50), Until: at(51)}},
		{"a page in the middle", audit.Query{Station: s, Until: at(40)}},
		{"a person and an action", audit.Query{Station: s, Staff: Person(3), Action: "member.look"}},
		{"a person and a rare action", audit.Query{Station: s, Staff: Person(3), Action: "member.reveal"}},
		{"a person and a family that is not there", audit.Query{Station: s, Staff: Person(3), Action: "segment."}},
		{"a person refused", audit.Query{Station: s, Staff: Person(3), Refused: true}},
		{"a person and an object", audit.Query{Station: s, Staff: Person(3), Object: "member", ObjectID: member}},
		{"an action and a time", audit.Query{Station: s, Action: "member.look", From: at(20), Until: at(30)}},
		{"an object, an action and a time", audit.Query{Station: s, Object: "member", ObjectID: member, Action: "member.reveal", From: at(10), Until: at(90)}},
		{"a family refused in a time", audit.Query{Station: s, Action: "member.", Refused: true, From: at(10), Until: at(90)}},
		{"all at once", audit.Query{
			Station: s, Staff: Person(3), Action: "member.", Object: "member", Refused: true, From: at(1), Until: at(99),
		}},
	}
}
