// Package keyring keeps the keys: data keys and members' keys, wrapped, in the
// database; the master key over them outside. It gives a vault its keys, makes
// and destroys the keys of members, and seals everything anew when the data key
// is changed.
//
// # What it promises
//
//   - Nothing in the database opens without the master key. Another master key
//     than the one the database was sealed with is refused, and nothing is
//     written; a missing one is never replaced.
//   - A member's key that was destroyed stays destroyed: it is noted in a file
//     outside the database, and Open destroys it again when a restored backup
//     brought it back.
//   - A rotation goes on while everybody works, loses no concurrent write, and
//     can be cut off anywhere: what is sealed with which key is read from the
//     rows themselves. No time is compared with another, so a clock that is set
//     back does no harm.
//   - What an installation sealed before it had wrapped keys opens as before,
//     and is found by the same indexes.
//
// A Ring is safe for concurrent use, and several processes may work on one
// database.
package keyring

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// Options is what a Ring works with.
type Options struct {
	DB *mysql.DB
	// Source is where the master key comes from.
	Source vault.Source
	// Random is the source of keys.
	Random io.Reader
	Now    func() time.Time
	Log    *slog.Logger
	// Erasures is the path of the file that destroyed members' keys are noted
	// in. It must not lie in the database's directory, which a restore replaces.
	Erasures string
	// Adopt takes the keys that older hubs made of the key file over even where
	// nothing shows that it was ever used: for tests, whose keys are known.
	Adopt bool
}

// Ring is the keys. It is also the Vault that the house's own fields are sealed
// with.
type Ring struct {
	*vault.Vault
	db       *mysql.DB
	source   vault.Source
	random   io.Reader
	now      func() time.Time
	log      *slog.Logger
	adopt    bool
	opened   *opened
	erasures *erasures
	sweep    sweep

	mu     sync.Mutex // guards what follows
	master *vault.Master
	lost   map[uint32]bool // data keys that were looked for in vain
}

// Open opens the keys. The first time it makes them: those of an installation
// that sealed with the key file alone are taken over, a new one has random
// ones. It destroys again what a restored backup brought back, and gives a key
// to every member who has none.
//
// It answers vault.ErrNoKey when there is no master key though something is
// sealed, and vault.ErrWrongKey when it is another one.
func Open(ctx context.Context, o Options) (*Ring, error) {
	r := &Ring{
		db: o.DB, source: o.Source, random: o.Random, now: o.Now, log: o.Log, adopt: o.Adopt,
		opened: newOpened(maxOpened), lost: map[uint32]bool{},
	}
	if err := r.openDataKeys(ctx); err != nil {
		return nil, fmt.Errorf("opening the keys: %w", err)
	}
	var err error
	if r.erasures, err = readErasures(o.Erasures, o.Now, o.Log); err != nil {
		return nil, err
	}
	back, err := r.Replay(ctx)
	if err != nil {
		return nil, err
	}
	if len(back) > 0 {
		o.Log.Warn("members who were erased are back, from a backup; their keys were destroyed again", "members", len(back))
	}
	if err := r.giveKeys(ctx); err != nil {
		return nil, fmt.Errorf("giving members keys: %w", err)
	}
	return r, nil
}
