// Package backup makes backups of everything the hub keeps, stores them at
// several places, proves them and brings them back.
//
// # What it promises
//
//   - A set (one backup) is immutable: its manifest is written last and signed,
//     and names the size and SHA-256 of every part, and the rows and the sum of
//     every table. What has no manifest is no backup. Names are never used twice.
//   - Nothing leaves the machine in clear: a set is compressed and encrypted
//     (age) for the station's key, whose private half is kept away, and, unless
//     the operator says otherwise, for a key of this hub's by which it proves its
//     backups every night.
//   - Between two sets the log of changes goes to every place as it is written,
//     so that any second can be brought back. That is asynchronous: what was
//     committed in the last moments before the machine was lost may not have
//     left it.
//   - Each place stands for itself: one that fails, hangs or lies does not keep
//     the others from being served, is told of, and is served again when it is
//     back.
//   - A set is good when it was restored beside the live data and everything in
//     it was proved. Only a good set is ever the reason to remove an older one.
//   - A restore works beside the live data, which is touched by nothing but the
//     switch at the end: two renames that a crash cannot leave half done. The
//     data from before the switch stays until somebody puts it away.
//   - What the hub knows of its backups lies in files and at the places, never
//     in the database: a restore would take it back.
//
// A set of a private server is physical: its files as of a moment B, the binary
// log from there to a moment C, and the sums of all tables at C. Restoring gives
// exactly C. Of another's server there are logical sets only.
package backup

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Errors that callers tell apart.
var (
	// ErrBusy says that another backup, rehearsal or restore is under way.
	ErrBusy = errors.New("backup: another backup, rehearsal or restore is under way")
	// ErrNoSet says that there is no such backup, or none for the moment.
	ErrNoSet = errors.New("backup: there is no such backup")
	// ErrUnfit says that a backup cannot be restored by this hub.
	ErrUnfit = errors.New("backup: this hub cannot restore it")
	// ErrNoKey says that this hub has no key that opens its backups.
	ErrNoKey = errors.New("backup: the key that opens the backups is kept elsewhere")
	// ErrNotReady says that nothing is ready to take the live data's place.
	ErrNotReady = errors.New("backup: nothing is ready to take the live data's place")
	// ErrNoRoom says that there is not enough free space.
	ErrNoRoom = errors.New("backup: not enough free space")
	// ErrUnproved says that restored data is not what was backed up.
	ErrUnproved = errors.New("backup: the restored data was not proved")
)

// Spot is a place with what the configuration says of it.
type Spot struct {
	// Name and Kind are as configured.
	Name, Kind string
	// Open opens the place. It is called when the place is first needed, and
	// again after it failed.
	Open func() (place.Place, error)
	// LogEvery is how often the log goes there while there is any.
	LogEvery time.Duration
	// Locked says that what lies there cannot be removed before its time.
	Locked bool
}

// Media is where pictures and recordings lie.
type Media interface {
	// Keys lists the objects that the database names.
	Keys(ctx context.Context) ([]string, error)
	// KeysIn lists those that a restored database names.
	KeysIn(ctx context.Context, restored mysql.Endpoint) ([]string, error)
	// Get reads one; an error for which IsGone is true says that it is gone.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put puts one back.
	Put(ctx context.Context, key string, content []byte) error
	// IsGone reports whether an error of Get says that there is no such object.
	IsGone(err error) bool
}

// File is a small file that belongs into every set, such as a wrapped key.
type File struct {
	// Name is its path below the data directory, with slashes.
	Name    string
	Content []byte
}

// Source is what is backed up.
type Source struct {
	// Copy is the hub's own server; its Dir is empty when the database is
	// another's, which is then named by DSN.
	Copy     mysql.Copy
	Endpoint mysql.Endpoint
	DSN      string
	// Files answers the keys in their wrapped form, certificates and the like.
	Files func() ([]File, error)
	// Media is where pictures and recordings lie; nil for nowhere.
	Media Media
	// Version is the hub's, Schema the last migration it knows, Master the
	// fingerprint of the key over all keys.
	Version string
	Schema  int64
	Master  string
}

// Prover proves restored data on a server of its own. It may change it: it is
// thrown away, or about to take the live data's place.
type Prover interface {
	// Prove proves the ledger, the log, the sales and the erasures.
	Prove(ctx context.Context, restored mysql.Endpoint) ([]wire.BackupCheck, error)
	// Loss says what the live data holds and the restored does not.
	Loss(ctx context.Context, restored mysql.Endpoint) (wire.RestoreLoss, error)
	// Settle makes restored data fit to take over: everybody signed out, every
	// channel with a new epoch, the restore noted in the log.
	Settle(ctx context.Context, restored mysql.Endpoint, moment time.Time) error
}

// Deps is what a Keeper works with.
type Deps struct {
	Source Source
	Prover Prover
	Spots  []Spot
	// Dir holds what is known of the backups and what is on its way, Beside
	// what is restored beside the live data. DataDir is the data's own, for the
	// device it lies on.
	Dir, Beside, DataDir string
	// Signer signs manifests and checks them.
	Signer archive.Signer
	// Recipients is whom sets are encrypted for, KeyAway whether one of them is
	// kept away, Identities opens them here; the zero value when nothing does.
	Recipients archive.Recipients
	KeyAway    bool
	Identities archive.Identities
	// Policy is how many sets every place keeps, KeepLog how long its log is.
	Policy  archive.Policy
	KeepLog time.Duration
	// Schedule is what the configuration says of when.
	Schedule wire.BackupSchedule
	Zone     *time.Location
	Now      func() time.Time
	Random   io.Reader
	Log      *slog.Logger
	// Note writes to the security log what was done.
	Note func(ctx context.Context, row audit.Row) error
	// Apart does the heavy jobs in a process of its own; nil where this process
	// does them itself.
	Apart Apart
	// Switch has the hub end and begin again with the restored data; nil where
	// there is no hub at work.
	Switch func()
}

// Keeper looks after the backups. It is safe for concurrent use. One job is
// done at a time, in this process and in others that share its directory.
type Keeper struct {
	Deps
	ids    *id.Maker
	spots  []*spot
	known  *known
	media  mediaIndex
	pace   pace
	free   func(dir string) (int64, error)
	step   func(wire.BackupStep) // is told of every step that begins; tests stop there
	ctx    context.Context       // of jobs that outlive the call that began them
	cancel context.CancelFunc
	jobs   sync.WaitGroup

	unsettled atomic.Bool            // Recover has to look again
	apart     atomic.Bool            // this process does an errand for a hub
	server    atomic.Pointer[string] // the version of MariaDB here, once it was asked

	mu        sync.Mutex
	job       *job
	state     state
	stateInfo os.FileInfo // of the file that the state was read from
}

// New makes a Keeper. Nothing runs before Run or one of the jobs.
func New(d Deps) (*Keeper, error) {
	k := &Keeper{Deps: d, ids: id.NewMaker(d.Now, d.Random), known: newKnown(), pace: usualPace(), free: free, step: func(wire.BackupStep) {}}
	k.media.path = k.mediaFile()
	k.ctx, k.cancel = context.WithCancel(context.Background())
	for _, s := range d.Spots {
		k.spots = append(k.spots, newSpot(s, k))
	}
	if err := os.MkdirAll(d.Dir, dirMode); err != nil {
		return nil, err
	}
	return k, k.loadState()
}

// Close ends what is under way and closes the places.
func (k *Keeper) Close() error {
	k.cancel()
	k.jobs.Wait()
	var err error
	for _, s := range k.spots {
		err = errors.Join(err, s.close())
	}
	return err
}

// own reports whether the database is the hub's own, which alone can be copied
// physically and restored to any second.
func (k *Keeper) own() bool { return k.Source.DSN == "" }
