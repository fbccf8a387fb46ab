package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/background"
	"forecourt/hub/internal/platform/mysql"
)

// house is a hub as far as its backups see it: a server of its own, encrypted on
// disk, the keys, and a directory in which all of it lies.
type house struct {
	dir    string
	cfg    config.Config
	sheet  sheet
	log    *slog.Logger
	to     archive.Recipients
	ids    archive.Identities
	server *mysql.Server
	db     *mysql.DB
}

// sheet is what an operator keeps on paper: all that a lost machine's backups
// need beside the place they lie at.
type sheet struct {
	AtRest   []byte `json:"at_rest"`
	Identity string `json:"identity"`
	Public   string `json:"public"`
}

// seed is that of the keys that sign the log and the backups of the bench.
var seed = [32]byte{1}

// newHouse is a house without a server. The sheet in its directory is read, or
// made.
func newHouse(dir string, log *slog.Logger) (*house, error) {
	h := &house{dir: dir, cfg: config.Default(), log: log}
	h.cfg.Data = filepath.Join(dir, "d")
	h.cfg.Backup.Dir = filepath.Join(dir, "place")
	if err := os.MkdirAll(h.cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("making the house: %w", err)
	}
	if err := h.readSheet(); err != nil {
		return nil, err
	}
	var err error
	if h.to, err = archive.ParseRecipients(h.sheet.Public); err != nil {
		return nil, err
	}
	h.ids, err = archive.ReadIdentities(strings.NewReader(h.sheet.Identity))
	return h, err
}

func (h *house) readSheet() error {
	path := filepath.Join(h.dir, "sheet.json")
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &h.sheet)
	}
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	h.sheet.AtRest = make([]byte, mysql.AtRestBytes)
	if _, err := io.ReadFull(rand.Reader, h.sheet.AtRest); err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	if h.sheet.Identity, h.sheet.Public, err = archive.NewIdentity(rand.Reader); err != nil {
		return err
	}
	if text, err = json.Marshal(h.sheet); err != nil {
		return fmt.Errorf("writing the sheet: %w", err)
	}
	return os.WriteFile(path, text, 0o600)
}

// openHouse is a house with its server and an empty, migrated database.
func openHouse(ctx context.Context, dir string, log *slog.Logger) (*house, error) {
	h, err := newHouse(dir, log)
	if err != nil {
		return nil, err
	}
	h.server, err = mysql.StartServer(ctx, mysql.ServerOptions{Dir: h.cfg.DatabaseDir(), AtRest: h.sheet.AtRest, Log: log})
	if err != nil {
		return nil, err
	}
	if h.db, err = mysql.Provision(ctx, h.server.Endpoint, mysql.Database, log); err != nil {
		return nil, errors.Join(err, h.server.Stop(context.WithoutCancel(ctx)))
	}
	return h, nil
}

func (h *house) close(ctx context.Context) error {
	return errors.Join(h.db.Close(), h.server.Stop(context.WithoutCancel(ctx)))
}

// keeper keeps backups of the house in a directory as its one place, as hub serve
// does by default. All that it makes lies below at, so that it can be removed.
func (h *house) keeper(at, to string, p backup.Prover) (*backup.Keeper, error) {
	schema, err := mysql.Schema()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(station.DefaultZone)
	if err != nil {
		return nil, fmt.Errorf("finding the station's zone: %w", err)
	}
	b := h.cfg.Backup
	return backup.New(backup.Deps{
		Source: backup.Source{
			Copy: mysql.Copy{Dir: h.cfg.DatabaseDir(), AtRest: h.sheet.AtRest, Log: h.log}, Endpoint: mysql.EndpointIn(h.cfg.DatabaseDir()),
			Files: func() ([]backup.File, error) {
				return []backup.File{{Name: "keys/bench", Content: []byte("a wrapped key")}}, nil
			},
			// Nothing that was measured depends on these.
			Version: "bench", Schema: schema, Master: "0000000000000000",
		},
		Prover: p, Apart: h.apart(at), Spots: []backup.Spot{{
			Name: "local", Kind: config.PlaceDir, LogEvery: h.cfg.BackupPlaces()[0].Log,
			Open: func() (place.Place, error) { return place.OpenDir(to, time.Now) },
		}},
		Dir: filepath.Join(at, "k"), Beside: filepath.Join(at, "r"), DataDir: h.cfg.Data,
		Signer: archive.NewSigner(seed), Recipients: h.to, KeyAway: true, Identities: h.ids,
		Policy: archive.Policy{Daily: b.Daily, Weekly: b.Weekly, Monthly: b.Monthly}, KeepLog: b.Log,
		Zone: zone, Now: time.Now, Random: rand.Reader, Log: h.log,
	})
}

// withKeeper does something with a keeper that has made nothing yet, and removes
// what it made.
func (h *house) withKeeper(name string, do func(k *backup.Keeper) error) (err error) {
	at := filepath.Join(h.dir, name)
	defer func() { err = errors.Join(err, background.RemoveAll(context.Background(), at)) }()
	if err := os.MkdirAll(at, 0o700); err != nil {
		return fmt.Errorf("making room for backups: %w", err)
	}
	k, err := h.keeper(at, filepath.Join(at, "place"), &prover{house: h})
	if err != nil {
		return err
	}
	return errors.Join(do(k), k.Close())
}

// note tells whoever waits how far the run is.
func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05  ")+format+"\n", args...)
}

// timed is how long something took.
func timed(do func() error) (time.Duration, error) {
	begin := time.Now()
	err := do()
	return time.Since(begin), err
}
