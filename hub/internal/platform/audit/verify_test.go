package audit_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run runs statements as the administrator: whoever has stolen that much.
func (r *room) run(statements ...string) {
	r.t.Helper()
	for _, s := range statements {
		result, err := r.admin.ExecContext(r.t.Context(), s)
		if err != nil {
			r.t.Fatalf("%s: %v", s, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			r.t.Fatalf("%s: %d rows (%v)", s, n, err)
		}
	}
}

// rowOf is the id of the row sealed as number seq.
func (r *room) rowOf(seq int) id.LogRow {
	r.t.Helper()
	var row id.LogRow
	if err := r.db.GetContext(r.t.Context(), &row, "SELECT row_id FROM audit_seal WHERE seq = ?", seq); err != nil {
		r.t.Fatal(err)
	}
	return row
}

// of is a row in SQL.
func (r *room) of(seq int) string { return fmt.Sprintf("id = 0x%x", raw(r.rowOf(seq))) }

// raw is an id's bytes, to be printed as such.
func raw(row id.LogRow) []byte { return row[:] }

// TestI003ChangedRowsAreNamed flips one byte in each column of a row.
func TestI003ChangedRowsAreNamed(t *testing.T) {
	r := newRoom(t)
	r.acts(7)
	r.close()
	r.sound(7)
	want := r.rowOf(4)
	r.run("CREATE TABLE kept AS SELECT * FROM audit")
	for column, value := range map[string]string{
		"at": "at + INTERVAL 1000 MICROSECOND", "station": "X'01000000000000000000000000000001'", "staff": "NULL",
		"member": "X'00000000000000000000000000000009'", "action": "'member.viev'", "object": "'membes'",
		"object_id": "CONCAT('1', SUBSTRING(object_id, 2))", "result": "'oK'", "note": "'Card'", "n": "n + 1000",
		"digest": "X'0100000000000000000000000000000000000000000000000000000000000001'",
	} {
		r.run("UPDATE audit SET " + column + " = " + value + " WHERE " + r.of(4))
		f := r.verify().Finding
		if f == nil || f.Seq != 4 || f.Row != want || f.Fault != audit.FaultChanged {
			t.Errorf("%s: found %v, want row 4 changed", column, f)
		}
		r.run("DELETE FROM audit WHERE "+r.of(4), "INSERT INTO audit SELECT * FROM kept WHERE "+r.of(4))
		r.sound(7)
	}
}

// TestI003ForgedHistoriesAreNamed tries what somebody could do who may write
// to the whole database, and does not have the hub's key.
func TestI003ForgedHistoriesAreNamed(t *testing.T) {
	up := "ORDER BY seq DESC"
	for name, c := range map[string]struct {
		forge func(r *room)
		fault audit.Fault
		seq   uint64
	}{
		"the id of a row": {func(r *room) {
			r.run("UPDATE audit SET id = X'00000000000000000000000000000001' WHERE " + r.of(4))
		}, audit.FaultDeleted, 4},
		"a row is deleted": {func(r *room) { r.run("DELETE FROM audit WHERE " + r.of(4)) }, audit.FaultDeleted, 4},
		"a row and its seal are deleted": {func(r *room) {
			r.run("DELETE FROM audit WHERE "+r.of(4), "DELETE FROM audit_seal WHERE seq = 4")
		}, audit.FaultDeleted, 4},
		"a row is deleted and the others move up": {func(r *room) {
			r.run("DELETE FROM audit WHERE "+r.of(4), "DELETE FROM audit_seal WHERE seq = 4",
				"UPDATE audit_seal SET seq = seq - 1 WHERE seq > 4 ORDER BY seq")
		}, audit.FaultDeleted, 4},
		"the last row is deleted": {func(r *room) { r.run("DELETE FROM audit WHERE " + r.of(7)) }, audit.FaultDeleted, 7},
		"a row is put in":         {func(r *room) { r.putIn(false, 0) }, audit.FaultInserted, 8},
		"a row and its seal are put in at the end": {func(r *room) {
			r.putIn(true, 8)
		}, audit.FaultInserted, 8},
		"a row and its seal are put in between": {func(r *room) {
			r.run("UPDATE audit_seal SET seq = seq + 1 WHERE seq >= 4 " + up)
			r.putIn(true, 4)
		}, audit.FaultInserted, 4},
		"two rows change places": {func(r *room) {
			r.run("UPDATE audit_seal SET seq = 99 WHERE seq = 3", "UPDATE audit_seal SET seq = 3 WHERE seq = 5",
				"UPDATE audit_seal SET seq = 5 WHERE seq = 99")
		}, audit.FaultReordered, 3},
		"two rows change places under their seals": {func(r *room) {
			three, five := r.rowOf(3), r.rowOf(5)
			r.run("UPDATE audit_seal SET row_id = X'00' WHERE seq = 3",
				fmt.Sprintf("UPDATE audit_seal SET row_id = 0x%x WHERE seq = 5", raw(three)),
				fmt.Sprintf("UPDATE audit_seal SET row_id = 0x%x WHERE seq = 3", raw(five)))
		}, audit.FaultReordered, 3},
		"the end is cut from the rows": {func(r *room) {
			r.run("DELETE a FROM audit a JOIN audit_seal s ON s.row_id = a.id WHERE s.seq > 5", "DELETE FROM audit_seal WHERE seq > 5")
		}, audit.FaultCut, 6},
		"the end is cut from all but the checkpoints": {func(r *room) {
			r.cut(5)
		}, audit.FaultCut, 6},
		"the end is cut from all the database has": {func(r *room) {
			r.cut(5)
			r.run("DELETE FROM audit_checkpoint WHERE size > 5")
		}, audit.FaultCut, 6},
		"all of it is gone": {func(r *room) {
			r.run("DELETE FROM audit", "DELETE FROM audit_seal", "DELETE FROM audit_node", "DELETE FROM audit_checkpoint")
		}, audit.FaultCut, 1},
		"a hash in a seal": {func(r *room) {
			r.run("UPDATE audit_seal SET leaf = X'01' WHERE seq = 4")
		}, audit.FaultTree, 4},
		"a row's hash in the tree": {func(r *room) {
			r.run(fmt.Sprintf("UPDATE audit_node SET hash = X'01' WHERE idx = %d", tlog.StoredHashIndex(0, 3)))
		}, audit.FaultTree, 4},
		"a hash above in the tree": {func(r *room) {
			r.run(fmt.Sprintf("UPDATE audit_node SET hash = X'01' WHERE idx = %d", tlog.StoredHashIndex(2, 0)))
		}, audit.FaultTree, 4},
		"a missing hash in the tree": {func(r *room) {
			r.run(fmt.Sprintf("DELETE FROM audit_node WHERE idx = %d", tlog.StoredHashIndex(1, 2)))
		}, audit.FaultTree, 6},
		"a checkpoint's root": {func(r *room) { r.run("UPDATE audit_checkpoint SET root = X'01' WHERE size = 5") }, audit.FaultSignature, 1},
		"a checkpoint's signature": {func(r *room) {
			r.run("UPDATE audit_checkpoint SET note = REPLACE(note, 'T07:', 'T08:') WHERE size = 7")
		}, audit.FaultSignature, 6},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.acts(5)
			r.close()
			r.acts(2)
			r.close()
			r.sound(7)
			c.forge(r)
			f := r.verify().Finding
			if f == nil || f.Fault != c.fault || f.Seq != c.seq {
				t.Errorf("found %v, want row %d %s", f, c.seq, c.fault)
			}
		})
	}
}

// putIn writes a row past the hub: by hand, with an id that is of no moment,
// or, if sealed, as well as the hub would, with a seal.
func (r *room) putIn(sealed bool, seq int) {
	r.t.Helper()
	if !sealed {
		r.run("INSERT INTO audit (id, at, action, object, object_id, result, note) VALUES (RANDOM_BYTES(16), NOW(3), 'x', '', '', 'ok', '')")
		return
	}
	row := looked(2, 1)
	write(r.t, r.db, row)
	key := find(r.t, r.db, audit.Query{Staff: row.Staff})[0].ID
	r.run(fmt.Sprintf("INSERT INTO audit_seal (seq, row_id, leaf, at) VALUES (%d, 0x%x, X'01', NOW(3))", seq, raw(key)))
	leaf := r.leafOf(key)
	r.run(fmt.Sprintf("UPDATE audit_seal SET leaf = 0x%x WHERE seq = %d", leaf[:], seq))
}

// leafOf is what a forger works out for a row: the canonical form is public.
func (r *room) leafOf(key id.LogRow) tlog.Hash {
	r.t.Helper()
	leaf, err := audit.LeafOf(r.t.Context(), r.db, key)
	if err != nil {
		r.t.Fatal(err)
	}
	return leaf
}

// cut removes the end of the log, tree and all, after row size.
func (r *room) cut(size int64) {
	r.t.Helper()
	r.run(fmt.Sprintf("DELETE a FROM audit a JOIN audit_seal s ON s.row_id = a.id WHERE s.seq > %d", size),
		fmt.Sprintf("DELETE FROM audit_seal WHERE seq > %d", size),
		fmt.Sprintf("DELETE FROM audit_node WHERE idx >= %d", tlog.StoredHashCount(size)))
}

// TestI003ARewrittenTreeIsFound: a row is changed and every hash after it made
// to fit. Only the signatures do not.
func TestI003ARewrittenTreeIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		more  func(r *room)
		fault audit.Fault
	}{
		"with the old checkpoints": {func(*room) {}, audit.FaultRewritten},
		"without checkpoints":      {func(r *room) { r.run("DELETE FROM audit_checkpoint") }, audit.FaultRewritten},
		"with checkpoints under another key": {func(r *room) {
			r.run("DELETE FROM audit_checkpoint")
			other, err := audit.NewKey([32]byte{8})
			if err != nil {
				r.t.Fatal(err)
			}
			forger := audit.NewSealer(audit.SealerDeps{DB: r.db, Key: other, Now: r.now, Log: discard()})
			if err := forger.Sign(r.t.Context()); err != nil {
				r.t.Fatal(err)
			}
		}, audit.FaultSignature},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.acts(7)
			r.close()
			r.run("UPDATE audit SET note = 'nothing' WHERE " + r.of(4))
			r.run("DELETE FROM audit_seal WHERE seq >= 4", fmt.Sprintf("DELETE FROM audit_node WHERE idx >= %d", tlog.StoredHashCount(3)))
			if n, err := audit.NewSealer(audit.SealerDeps{DB: r.db, Key: r.key, Now: r.now, Log: discard()}).Seal(t.Context()); n != 4 || err != nil {
				t.Fatalf("the forger sealed %d rows: %v", n, err)
			}
			c.more(r)
			f := r.verify().Finding
			if f == nil || f.Fault != c.fault || f.Seq > 4 || f.Last < 4 {
				t.Errorf("found %v, want that row 4 is among what was rewritten", f)
			}
		})
	}
}

// TestRowsDatedLongBeforeAreTold: somebody writes as the hub would, of the day
// before. It is no proof, and it is told.
func TestRowsDatedLongBeforeAreTold(t *testing.T) {
	r := newRoom(t)
	r.acts(3)
	r.close()
	r.later(2 * time.Hour)
	r.acts(1)
	r.close()
	late := looked(2, -86400)
	write(t, r.db, late)
	r.close()
	report := r.sound(5)
	if report.LateCount != 1 || len(report.Late) != 1 || report.Late[0].N != 5 {
		t.Errorf("late are %+v", report.Late)
	}
}

// TestChecksAreNoted for whoever asks how well the log is kept.
func TestChecksAreNoted(t *testing.T) {
	r := newRoom(t)
	r.acts(3)
	r.close()
	if _, found, err := audit.LastCheck(t.Context(), r.db); found || err != nil {
		t.Errorf("a check nobody made: %t, %v", found, err)
	}
	for _, want := range []string{"", "row 2"} {
		if want != "" {
			r.run("UPDATE audit SET note = 'x' WHERE " + r.of(2))
		}
		r.later(time.Minute)
		if err := audit.NoteCheck(t.Context(), r.db, r.now(), r.verify()); err != nil {
			t.Fatal(err)
		}
		state, err := r.sealer.State(t.Context())
		if err != nil || !state.Verified.Equal(r.now()) || (want == "") != (state.Problem == "") || !bytes.HasPrefix([]byte(state.Problem), []byte(want)) {
			t.Errorf("state %+v, %v, want %q", state, err, want)
		}
	}
}
