package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"forecourt/shared/id"
)

// nodes is a stretch of the stored hashes.
type nodes struct {
	first  int64
	hashes []tlog.Hash // those that are not there are zero
	room   []tlog.Hash
}

// at is the hash at an index, zero if there is none.
func (n *nodes) at(index int64) tlog.Hash {
	if i := index - n.first; i >= 0 && i < int64(len(n.hashes)) {
		return n.hashes[i]
	}
	return tlog.Hash{}
}

// hashes reads the hashes stored for rows first to last.
func (v *verifier) hashes(ctx context.Context, first, last int64) (*nodes, error) {
	from, to := tlog.StoredHashIndex(0, first-1), tlog.StoredHashIndex(0, last)
	n := &nodes{first: from, hashes: make([]tlog.Hash, to-from), room: make([]tlog.Hash, 0, maxLevels)}
	rows, err := v.q.QueryContext(ctx, "SELECT idx, hash FROM audit_node WHERE idx >= ? AND idx < ? ORDER BY idx", from, to)
	if err != nil {
		return nil, fmt.Errorf("reading the log's tree: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var index int64
	var hash sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&index, &hash); err != nil {
			return nil, fmt.Errorf("reading the log's tree: %w", err)
		}
		copy(n.hashes[index-from][:], hash)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the log's tree: %w", err)
	}
	return n, nil
}

// place holds a row's hash against its seal and its place in the tree, and
// tells from where else the hashes stand what was done.
func (v *verifier) place(ctx context.Context, s *sealed, leaf tlog.Hash, nodes *nodes) error {
	inTree := nodes.at(tlog.StoredHashIndex(0, s.seq-1))
	seal := bytes.Equal(leaf[:], s.leaf)
	if seal && inTree == leaf {
		return nil
	}
	// Whose hash is it that the row has, and that the tree has at its place?
	own, err := v.sealOf(ctx, leaf, s.seq)
	if err != nil {
		return err
	}
	grown, err := v.grown(ctx, leaf)
	if err != nil {
		return err
	}
	other, err := v.sealOf(ctx, inTree, s.seq)
	if err != nil {
		return err
	}
	switch {
	case !seal && own != 0:
		return v.finding(FaultReordered, s.seq, s.rowID, fmt.Sprintf("it is the row that was sealed as number %d", own))
	case !seal && inTree == leaf:
		return v.finding(FaultTree, s.seq, s.rowID, "the hash in its seal was changed; the row and the tree agree")
	case !seal:
		return v.finding(FaultChanged, s.seq, s.rowID, "it is not what was sealed")
	case grown && other != 0:
		return v.finding(FaultReordered, s.seq, s.rowID, fmt.Sprintf("row %d was sealed in its place", other))
	case grown:
		return v.finding(FaultDeleted, s.seq, nil, "the row sealed under this number is gone, and those after it moved up")
	case other != 0:
		return v.finding(FaultInserted, s.seq, s.rowID, fmt.Sprintf("it was never sealed here; row %d was", other))
	case inTree == tlog.Hash{}:
		return v.finding(FaultInserted, s.seq, s.rowID, "the tree does not know it")
	}
	return v.finding(FaultTree, s.seq, s.rowID, "its hash in the tree was changed; the row and its seal agree")
}

// scanned bounds how much of a table without an index one statement looks
// through.
const scanned = 500_000

// sealOf is the number of another row whose seal has a hash, zero if none.
func (v *verifier) sealOf(ctx context.Context, leaf tlog.Hash, except int64) (int64, error) {
	if leaf == (tlog.Hash{}) {
		return 0, nil
	}
	for from := int64(1); from <= v.size; from += scanned {
		var list []int64
		err := sqlx.SelectContext(ctx, v.q, &list, "SELECT seq FROM audit_seal WHERE seq >= ? AND seq < ? AND leaf = ? AND seq <> ? ORDER BY seq LIMIT 1",
			from, from+scanned, leaf[:], except)
		if err != nil {
			return 0, fmt.Errorf("looking for a row's seal: %w", err)
		}
		if len(list) > 0 {
			return list[0], nil
		}
	}
	return 0, nil
}

// grown reports whether the tree has a hash anywhere.
func (v *verifier) grown(ctx context.Context, hash tlog.Hash) (bool, error) {
	for from := int64(0); from < tlog.StoredHashCount(v.size+1); from += scanned {
		var count int
		err := sqlx.GetContext(ctx, v.q, &count, "SELECT COUNT(*) FROM audit_node WHERE idx >= ? AND idx < ? AND hash = ?",
			from, from+scanned, hash[:])
		if err != nil {
			return false, fmt.Errorf("looking for a row in the tree: %w", err)
		}
		if count > 0 {
			return true, nil
		}
	}
	return false, nil
}

// tail looks for hashes beyond the last row: the tree of rows that are gone.
func (v *verifier) tail(ctx context.Context) error {
	var count int64
	err := sqlx.GetContext(ctx, v.q, &count, "SELECT COALESCE(MAX(idx) + 1, 0) FROM audit_node")
	if err != nil {
		return fmt.Errorf("reading the end of the log's tree: %w", err)
	}
	if count > tlog.StoredHashCount(v.size) {
		return v.finding(FaultCut, v.size+1, nil, "rows are gone from the end of the log; the tree still has their hashes")
	}
	return nil
}

// finding makes a Finding.
func (v *verifier) finding(fault Fault, seq int64, row []byte, what string) *Finding {
	return &Finding{Fault: fault, Seq: uint64(seq), Row: asID(row), What: what}
}

// asID is sixteen bytes as a row's id; others are none.
func asID(b []byte) id.LogRow {
	if len(b) != len(id.LogRow{}) {
		return id.LogRow{}
	}
	return id.LogRow(b)
}
