package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

// restoreFlags is what hub restore is asked for.
type restoreFlags struct {
	set, at, place, identity string
	yes                      bool
}

func (p *program) restoreCommand() *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{
		Use: "restore", Short: "Take the data back to a backup, or to any second since", Args: cobra.NoArgs,
		Long: "Take the data back to a backup (--set), to any second (--at), or to the newest there is. It is restored beside\n" +
			"the live data and proved; what would be lost is told, and only then, when it is agreed to, it takes the live\n" +
			"data's place. A hub at work goes on meanwhile and takes the restored data when it is started again. The data from\n" +
			"before stays in a directory before-... under data.\n\n" +
			"On a machine that has nothing: configure the places, bring the master key (hub keys recover), and name the key\n" +
			"that opens the backups with --identity. All sales that are still in the journal of pumpd come back by themselves.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(cmd)
			if err != nil {
				return err
			}
			return p.restore(cmd, cfg, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.set, "set", "", "the backup, as hub backup list names it")
	flags.StringVar(&f.at, "at", "", `the moment, in the station's zone: "2026-03-12 14:03:27"`)
	flags.StringVar(&f.place, "place", "", "the place to take it from")
	flags.StringVar(&f.identity, "identity", "", "file with the key that opens the backups")
	flags.BoolVar(&f.yes, "yes", false, "let it take over without asking")
	return cmd
}

// ask is what the flags ask for.
func (f restoreFlags) ask(zone *time.Location) (wire.RestoreAsk, error) {
	ask := wire.RestoreAsk{Set: f.set, Place: f.place}
	if f.at == "" {
		return ask, nil
	}
	at, err := time.ParseInLocation(time.DateTime, f.at, zone)
	if err != nil {
		return ask, fmt.Errorf("--at %q is not of the form 2026-03-12 14:03:27", f.at)
	}
	ask.At = at
	return ask, nil
}

func (p *program) restore(cmd *cobra.Command, cfg config.Config, f restoreFlags) error {
	ids, err := readIdentity(f.identity)
	if err != nil {
		return err
	}
	zone, err := clock.Zone(cfg.Station.Zone)
	if err != nil {
		return err
	}
	ask, err := f.ask(zone)
	if err != nil {
		return err
	}
	lost, err := isLost(cfg, p.logger(cfg))
	if err != nil {
		return err
	}
	if lost {
		return p.restoreLost(cmd.Context(), cfg, ask, ids, f.yes)
	}
	return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
		k, closeAll, err := p.keeper(ctx, cfg, db, ids)
		if err != nil {
			return err
		}
		err = errors.Join(p.bringBack(ctx, k, ask, f.yes), k.Close(), closeAll())
		if err != nil || db.server == nil {
			if err == nil {
				_, err = fmt.Fprintln(p.out, "The hub at work takes it over when it is started again.")
			}
			return err
		}
		return errors.Join(db.close(), finishSwitch(cfg, p.logger(cfg)))
	})
}

// isLost reports whether there is no data here, also after what a crash left of
// a switch was finished.
func isLost(cfg config.Config, log *slog.Logger) (bool, error) {
	if cfg.Database.DSN != "" {
		return false, nil
	}
	state, err := mysql.StateOf(cfg.DatabaseDir())
	if err != nil || state.Installed {
		return false, err
	}
	if err := finishSwitch(cfg, log); err != nil {
		return false, err
	}
	state, err = mysql.StateOf(cfg.DatabaseDir())
	return !state.Installed, err
}

// errKept says that somebody did not want the restored data after all.
var errKept = errors.New("the live data stays; what was restored is put away")

// bringBack restores beside the live data, tells of it and plans the switch if
// that is agreed to.
func (p *program) bringBack(ctx context.Context, k *backup.Keeper, ask wire.RestoreAsk, yes bool) error {
	began := p.now()
	newest, err := k.Choose(ctx, ask)
	if err != nil {
		return err
	}
	stop := p.showProgress(ctx, k)
	r, err := k.Restore(ctx, newest)
	stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Backup %s from %s, as of %s, was restored and proved in %v:\n",
		r.Set, r.Place, r.At.Local().Format(time.DateTime), p.now().Sub(began).Round(100*time.Millisecond))
	p.printChecks(r.Checks)
	if l := r.Lost; l != nil && l.Sales+l.Payments+l.Messages+l.Members > 0 {
		fmt.Fprintf(p.out, "What came after it would be lost: %d sales, which come back from pumpd's journal; %d payments (%s), "+
			"which do not; %d messages; %d members.\n", l.Sales, l.Payments, l.Amount, l.Messages, l.Members)
	}
	if !yes {
		agreed, err := p.confirmed("Is it to take the live data's place?")
		if err != nil || !agreed {
			return errors.Join(err, k.PutAway(ctx, r.ID), errKept)
		}
	}
	return k.PlanSwitch(r)
}

// restoreLost restores where there is nothing: first the keys of the backup, and
// with them the rest.
func (p *program) restoreLost(ctx context.Context, cfg config.Config, ask wire.RestoreAsk, ids archive.Identities, yes bool) error {
	source := keySource(cfg, p.in, p.errs)
	masters, err := source.Masters()
	if err != nil {
		return fmt.Errorf("%w\nthe data here is gone, and so is the master key: bring it first, from the recovery sheet, with hub keys recover", err)
	}
	if len(ids.Public()) == 0 {
		if ids, err = localIdentity(cfg); err != nil {
			return err
		}
	}
	files, err := backup.Rescue(ctx, spotsOf(cfg), ids, ask.Set, ask.At, func(files []backup.File) (archive.PublicKey, error) {
		return signerOf(cfg, files, masters)
	})
	if err != nil {
		return fmt.Errorf("reading the keys of a backup: %w", err)
	}
	if err := bringFiles(cfg, files); err != nil {
		return err
	}
	log := p.quiet()
	shelf := &talk{}
	objects, err := shelf.openObjects(cfg)
	if err != nil {
		return err
	}
	defer shelf.close(log)
	k, err := newKeeper(ctx, cfg, backupParts{
		db: &database{source: source}, media: media.New(media.Deps{Objects: objects, Now: clock.Now}),
		prover: &prover{cfg: cfg, source: source, log: log}, ids: ids, version: version, log: log,
	})
	if err != nil {
		return err
	}
	if err := errors.Join(p.bringBack(ctx, k, ask, yes), k.Close()); err != nil {
		return err
	}
	// There was no data: what making the key's copy left is in the way.
	if err := os.RemoveAll(cfg.DatabaseDir()); err != nil {
		return fmt.Errorf("making room for the restored data: %w", err)
	}
	return finishSwitch(cfg, log)
}

// localIdentity is the key of this hub's own rehearsals, where it has survived.
func localIdentity(cfg config.Config) (archive.Identities, error) {
	if _, err := os.Stat(cfg.DrillKeyFile()); err != nil {
		return archive.Identities{}, fmt.Errorf("name the key that opens the backups with --identity: %w", backup.ErrNoKey)
	}
	return drillKey(cfg)
}

// signerOf is the key that a backup has to be signed with, by the seed among its
// own files, which only the master key opens.
func signerOf(cfg config.Config, files []backup.File, masters []*vault.Master) (archive.PublicKey, error) {
	kept := backupSeal(cfg)
	for _, f := range files {
		if f.Name == "keys/"+filepath.Base(kept.files[0]) {
			seed, err := kept.open(f.Name, f.Content, masters)
			if err != nil {
				return archive.PublicKey{}, err
			}
			return archive.NewSigner([vault.SecretBytes]byte(seed)).Public(), nil
		}
	}
	return archive.PublicKey{}, fmt.Errorf("%w: it has no key that it was signed with", archive.ErrDamaged)
}

// bringFiles puts the files of a backup where they belong, except over ones that
// are there.
func bringFiles(cfg config.Config, files []backup.File) error {
	dirs := map[string]string{"keys": cfg.VaultDir(), "pki": cfg.KeyDir(), "anchors": cfg.AnchorDirectory()}
	for _, f := range files {
		dir, name := filepath.Split(f.Name)
		into, ok := dirs[filepath.Clean(dir)]
		if !ok {
			continue
		}
		path := filepath.Join(into, name)
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := writePrivate(path, f.Content); err != nil {
			return err
		}
	}
	return nil
}

// openPictures opens what pictures and recordings are kept with, for a command.
func openPictures(ctx context.Context, cfg config.Config, db *database, log *slog.Logger) (*media.Store, func() error, error) {
	ring, err := openRing(ctx, cfg, db.DB, db.source, log)
	if err != nil {
		return nil, nil, err
	}
	shelf := &talk{}
	objects, err := shelf.openObjects(cfg)
	if err != nil {
		return nil, nil, err
	}
	store := media.New(media.Deps{DB: db.DB, Keys: ring, Objects: objects, Random: clock.Random(), Now: clock.Now})
	return store, func() error { shelf.close(log); return nil }, nil
}
