package audit

import (
	"context"
	"database/sql"
	"encoding/hex"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// LeafOf is the hash of a row as it stands.
func LeafOf(ctx context.Context, db *mysql.DB, key id.LogRow) (tlog.Hash, error) {
	var r raw
	err := db.QueryRowContext(ctx, "SELECT "+rawColumns+" FROM audit a WHERE a.id = ?", key).Scan(r.fields()...)
	leaf, _ := r.leaf(nil)
	return leaf, err
}

// Canonical is the canonical form of a row of examples, in hexadecimal.
func Canonical(full bool) string {
	r := raw{
		n: sql.NullInt64{Int64: 258, Valid: true}, id: []byte("0123456789abcdef"),
		at:     sql.NullTime{Time: time.UnixMilli(1774000000123), Valid: true},
		action: []byte("sweep"), object: []byte{}, objectID: []byte{}, result: []byte("ok"), note: []byte{},
	}
	if full {
		r.station, r.staff, r.member = []byte("station---------"), []byte("staff-----------"), []byte("member----------")
		r.object, r.objectID, r.note = []byte("sale"), []byte("01J"), []byte("加油")
		r.digest = []byte("digest--------------------------")
	}
	return hex.EncodeToString(r.canonical(nil))
}

// Growing is a tree that a test grows.
type Growing struct{ t tree }

// Add adds a leaf and returns what is stored for it.
func (g *Growing) Add(leaf tlog.Hash) (int64, []tlog.Hash) { return g.t.add(leaf, nil) }

// Root is the root.
func (g *Growing) Root() tlog.Hash { return g.t.root() }

// Page is the statement that finds a page's ids.
func (ask Query) Page() (string, []any) { return ask.page() }

// Index is the key it reads.
func (ask Query) Index() string { return ask.index() }
