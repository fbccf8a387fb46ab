package audit

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"
)

// maxLevels bounds the height of a tree: 2^62 rows are never written.
const maxLevels = 62

// tree is the right edge of a hash tree, which is all that growing it and
// asking for its root takes. Copying it copies all of it.
type tree struct {
	size int64
	// edge holds at level l the last complete subtree of 2^l rows, if bit l of
	// size is set.
	edge [maxLevels]tlog.Hash
}

// add appends a row's hash and returns the hashes to be stored for it, from
// index first on: its own, and one of each subtree it completes.
func (t *tree) add(leaf tlog.Hash, room []tlog.Hash) (first int64, stored []tlog.Hash) {
	first = tlog.StoredHashIndex(0, t.size)
	stored = append(room[:0], leaf)
	h, level := leaf, 0
	for ; t.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(t.edge[level], h)
		stored = append(stored, h)
	}
	t.edge[level] = h
	t.size++
	return first, stored
}

// root is the hash of the whole tree, RFC 6962, section 2.1.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		empty, _ := tlog.TreeHash(0, nil) // reads nothing, so nothing can fail
		return empty
	}
	level := bits.TrailingZeros64(uint64(t.size))
	h := t.edge[level]
	for level++; t.size>>level > 0; level++ {
		if t.size>>level&1 == 1 {
			h = tlog.NodeHash(t.edge[level], h)
		}
	}
	return h
}

// loadTree reads the right edge of the stored tree of size rows.
func loadTree(ctx context.Context, q sqlx.QueryerContext, size int64) (tree, error) {
	t := tree{size: size}
	for level := range maxLevels {
		if size>>level&1 == 0 {
			continue
		}
		index := tlog.StoredHashIndex(level, size>>level-1)
		hash, err := node(ctx, q, index)
		if err != nil {
			return t, err
		}
		t.edge[level] = hash
	}
	return t, nil
}

// node reads one stored hash.
func node(ctx context.Context, q sqlx.QueryerContext, index int64) (tlog.Hash, error) {
	var hash []byte
	if err := sqlx.GetContext(ctx, q, &hash, "SELECT hash FROM audit_node WHERE idx = ?", index); err != nil {
		return tlog.Hash{}, fmt.Errorf("reading hash %d of the log's tree: %w", index, err)
	}
	if len(hash) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("audit: hash %d of the log's tree has %d bytes", index, len(hash))
	}
	return tlog.Hash(hash), nil
}

// rootAt is the root that the stored tree had when it had size rows.
func rootAt(ctx context.Context, q sqlx.QueryerContext, size int64) (tlog.Hash, error) {
	t, err := loadTree(ctx, q, size)
	if err != nil {
		return tlog.Hash{}, err
	}
	return t.root(), nil
}

// sealedRows is how many rows are sealed.
func sealedRows(ctx context.Context, q sqlx.QueryerContext) (int64, error) {
	var size int64
	if err := sqlx.GetContext(ctx, q, &size, "SELECT COALESCE(MAX(seq), 0) FROM audit_seal"); err != nil {
		return 0, fmt.Errorf("reading the size of the log: %w", err)
	}
	return size, nil
}
