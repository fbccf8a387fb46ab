package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/setup"
	"forecourt/shared/settings"
	"forecourt/shared/wire"
)

// backupSeal is the seed of the key that signs backups. It goes with every
// backup, wrapped, so that who has the master key can prove what they restore on
// an empty machine.
func backupSeal(cfg config.Config) wrappedKey {
	return wrappedKey{block: "FORECOURT BACKUP KEY", purpose: "backup", files: []string{cfg.BackupSealFile()}}
}

// backupSigner is the signer of backups, made when there is none.
func backupSigner(cfg config.Config, masters []*vault.Master) (archive.Signer, error) {
	kept := backupSeal(cfg)
	seed, err := kept.read(kept.files[0], masters)
	if err == nil {
		return archive.NewSigner([vault.SecretBytes]byte(seed)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return archive.Signer{}, err
	}
	var fresh [vault.SecretBytes]byte
	if _, err := clock.Random().Read(fresh[:]); err != nil {
		return archive.Signer{}, fmt.Errorf("reading randomness: %w", err)
	}
	return archive.NewSigner(fresh), kept.write(fresh, clock.Random(), masters[len(masters)-1])
}

// backupKeys is whom backups are sealed to, and what opens them here.
type backupKeys struct {
	to   archive.Recipients
	away bool
	here archive.Identities
}

// maxKeyFile bounds a file with a key of backups.
const maxKeyFile = 64 << 10

// openBackupKeys reads the keys of backups. The key to rehearse with is made
// when there is none.
func openBackupKeys(cfg config.Config) (k backupKeys, err error) {
	var to []string
	if cfg.Backup.Drill == config.DrillHere {
		if k.here, err = drillKey(cfg); err != nil {
			return k, err
		}
		to = k.here.Public()
	}
	away, err := os.ReadFile(cfg.AwayKeyFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return k, fmt.Errorf("reading the public key of the backups: %w", err)
	}
	if text := strings.TrimSpace(string(away)); text != "" {
		to, k.away = append(to, strings.Fields(text)...), true
	}
	if len(to) == 0 {
		return k, nil // told of when a backup is made
	}
	k.to, err = archive.ParseRecipients(to...)
	return k, err
}

func drillKey(cfg config.Config) (archive.Identities, error) {
	text, err := readPrivate(cfg.DrillKeyFile(), maxKeyFile)
	if errors.Is(err, os.ErrNotExist) {
		secret, public, err := archive.NewIdentity(clock.Random())
		if err != nil {
			return archive.Identities{}, err
		}
		text = []byte("# public key: " + public + "\n" + secret + "\n")
		if err := writePrivate(cfg.DrillKeyFile(), text); err != nil {
			return archive.Identities{}, err
		}
	} else if err != nil {
		return archive.Identities{}, fmt.Errorf("reading the key of rehearsals: %w", err)
	}
	return archive.ReadIdentities(bytes.NewReader(text))
}

// backupParts is what a keeper of backups is made of beside the configuration.
type backupParts struct {
	db      *database
	media   *media.Store
	prover  backup.Prover
	again   func()       // has the hub begin again; nil for a command
	apart   backup.Apart // does jobs in another process; nil for a command
	ids     archive.Identities
	version string
	log     *slog.Logger
}

// newKeeper makes the keeper of the backups.
func newKeeper(ctx context.Context, cfg config.Config, p backupParts) (*backup.Keeper, error) {
	masters, err := p.db.source.Masters()
	if err != nil {
		return nil, err
	}
	signer, err := backupSigner(cfg, masters)
	if err != nil {
		return nil, err
	}
	keys, err := openBackupKeys(cfg)
	if err != nil {
		return nil, err
	}
	if len(p.ids.Public()) > 0 {
		keys.here = p.ids
	}
	source, err := backupSource(cfg, p, masters)
	if err != nil {
		return nil, err
	}
	zone, err := clock.Zone(cfg.Station.Zone)
	if err != nil {
		return nil, err
	}
	b := cfg.Backup
	return backup.New(backup.Deps{
		Source: source, Prover: p.prover, Spots: spotsOf(cfg),
		Dir: cfg.BackupDir(), Beside: cfg.RestoreDir(), DataDir: cfg.Data,
		Signer: signer, Recipients: keys.to, KeyAway: keys.away, Identities: keys.here,
		Policy: archive.Policy{Daily: b.Daily, Weekly: b.Weekly, Monthly: b.Monthly}, KeepLog: b.Log,
		Schedule: wire.BackupSchedule{Every: wire.BackupEvery(b.Every), At: b.At, Weekday: int(b.Day())},
		Zone:     zone, Now: clock.Now, Random: clock.Random(), Log: p.log, Apart: p.apart, Switch: p.again,
		Note: func(ctx context.Context, row audit.Row) error {
			if p.db.DB == nil {
				return nil // there is no log yet; the restored one knows
			}
			return audit.Record(ctx, p.db.DB, row)
		},
	})
}

// backupSource is what is backed up.
func backupSource(cfg config.Config, p backupParts, masters []*vault.Master) (s backup.Source, err error) {
	s = backup.Source{
		DSN: cfg.Database.DSN, Version: p.version, Master: masters[len(masters)-1].Fingerprint(),
		Files: func() ([]backup.File, error) { return backupFiles(cfg) },
	}
	if s.Schema, err = mysql.Schema(); err != nil {
		return s, err
	}
	if p.media != nil {
		s.Media = mediaSource{p.media}
	}
	if s.DSN != "" {
		return s, nil
	}
	s.Copy = mysql.Copy{Dir: cfg.DatabaseDir(), Log: p.log}
	if s.Copy.AtRest, err = atRestKey(cfg, p.db.source, clock.Random()); err != nil {
		return s, err
	}
	s.Endpoint = mysql.EndpointIn(cfg.DatabaseDir())
	return s, nil
}

// spotsOf are the places as configured.
func spotsOf(cfg config.Config) []backup.Spot {
	var spots []backup.Spot
	for _, p := range cfg.BackupPlaces() {
		spots = append(spots, backup.Spot{
			Name: p.Name, Kind: p.Kind, LogEvery: p.Log, Locked: p.Kind == config.PlaceS3 && p.S3.LockDays > 0,
			Open: func() (place.Place, error) { return openPlace(p) },
		})
	}
	return spots
}

func openPlace(p config.BackupPlace) (place.Place, error) {
	switch p.Kind {
	case config.PlaceS3:
		s := p.S3
		return place.OpenS3(place.S3Options{
			Endpoint: s.Endpoint, Bucket: s.Bucket, Prefix: s.Prefix, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
			Region: s.Region, PathStyle: s.PathStyle, Insecure: s.Insecure, LockDays: s.LockDays,
		}, clock.Now)
	case config.PlaceSFTP:
		f := p.SFTP
		return place.OpenSFTP(place.SFTPOptions{
			Address: f.Address, User: f.User, Dir: f.Dir, HostKey: f.HostKey, KeyFile: f.KeyFile, Password: f.Password,
		})
	}
	return place.OpenDir(p.Dir, clock.Now)
}

// mediaSource is pictures and recordings as backups see them.
type mediaSource struct{ *media.Store }

// maxSealedMedia bounds an object: the largest upload, and what sealing adds.
const maxSealedMedia = media.MaxUpload + 1<<10

// Keys lists what the database names.
func (m mediaSource) Keys(ctx context.Context) ([]string, error) { return m.ObjectKeys(ctx) }

// KeysIn lists what a restored database names.
func (m mediaSource) KeysIn(ctx context.Context, restored mysql.Endpoint) (keys []string, err error) {
	db, err := mysql.OpenAdmin(ctx, restored.AdminDSN(mysql.Database), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return media.New(media.Deps{DB: db}).ObjectKeys(ctx)
}

// Get reads an object as it is kept: sealed.
func (m mediaSource) Get(ctx context.Context, key string) ([]byte, error) {
	return m.Objects.Get(ctx, key, maxSealedMedia)
}

// Put puts an object back.
func (m mediaSource) Put(ctx context.Context, key string, content []byte) error {
	return m.Objects.Put(ctx, key, content)
}

// IsGone reports whether there is no such object.
func (m mediaSource) IsGone(err error) bool { return errors.Is(err, media.ErrNoObject) }

// neverBackedUp are files of the keys' directory that no backup holds: the
// master key, which opens everything, and the key that opens backups.
var neverBackedUp = map[string]bool{vault.FileName: true, "drill.key": true}

// backupFiles are the keys in their wrapped form, the authority and its
// certificates, the anchors of the log, and the settings without their secrets.
func backupFiles(cfg config.Config) ([]backup.File, error) {
	var files []backup.File
	for name, dir := range map[string]string{"keys": cfg.VaultDir(), "pki": cfg.KeyDir(), "anchors": cfg.AnchorDirectory()} {
		found, err := filesIn(name, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	var text bytes.Buffer
	if err := settings.Explain(&text, &cfg); err != nil {
		return nil, err
	}
	return append(files, backup.File{Name: "settings.txt", Content: text.Bytes()}), nil
}

// filesIn reads the files of a directory, which need not be there. Hidden ones
// are being written.
func filesIn(name, dir string) ([]backup.File, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("gathering what belongs into a backup: %w", err)
	}
	var files []backup.File
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || neverBackedUp[e.Name()] || strings.HasPrefix(e.Name(), vault.FileName) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // replaced this moment
		}
		if err != nil {
			return nil, fmt.Errorf("gathering what belongs into a backup: %w", err)
		}
		files = append(files, backup.File{Name: name + "/" + e.Name(), Content: content})
	}
	return files, nil
}

// errSwitch ends the hub to begin again with restored data.
var errSwitch = errors.New("restored data takes over")

// finishSwitch lets restored data take over, if that was asked for.
func finishSwitch(cfg config.Config, log *slog.Logger) error {
	_, err := backup.Switch{
		Dir: cfg.BackupDir(), Restore: cfg.RestoreDir(), Live: cfg.DatabaseDir(), DataDir: cfg.Data,
		Anchors: audit.NewAnchors(cfg.AnchorDirectory()).SetAside, Now: clock.Now, Log: log,
	}.Finish()
	if err != nil {
		return fmt.Errorf("letting restored data take over: %w", err)
	}
	return nil
}

// Backups are looked after this often, and what changes beside the database is
// sent this often.
const (
	filesEvery   = 5 * time.Second
	backupsEvery = 30 * time.Second
	shipEvery    = time.Minute
)

// newBackups makes the hub's keeper of backups, and what the office sees of it.
func (h *hub) newBackups(ctx context.Context, apart backup.Apart) (err error) {
	h.backups, err = newKeeper(ctx, h.cfg, backupParts{
		db: h.db, media: h.media, prover: &prover{cfg: h.cfg, source: h.db.source, live: h.db.DB, log: h.log},
		again: func() { h.again() }, apart: apart, version: version, log: h.log,
	})
	if err != nil {
		return fmt.Errorf("preparing the backups: %w", err)
	}
	h.backupDesk = &backup.Desk{Keeper: h.backups, Stations: func(ctx context.Context) (int, error) {
		stations, err := setup.Stations(ctx, h.db.DB)
		return len(stations), err
	}}
	if err := h.backups.Recover(); err != nil {
		// The station sells all the same.
		h.log.Error("what was left of backups and restores that were broken off is not cleared", "error", err)
	}
	return nil
}
