package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
)

// people opens the staff store. keys seal names.
func people(cfg config.Config, db *mysql.DB, keys *vault.Vault) (*staff.Store, error) {
	return staff.NewStore(staff.Deps{
		DB: db, Vault: keys, Now: clock.Now, Random: clock.Random(), IDs: id.NewMaker(clock.Now, clock.Random()),
		Cost: staff.DefaultCost(), Rules: staff.Rules{
			Idle: cfg.Sessions.Idle, Lifetime: cfg.Sessions.Lifetime,
			SecondFactor: cfg.Staff.SecondFactor == config.SecondFactorRequired,
		},
	})
}

// openPeople opens the staff store for a command.
func openPeople(ctx context.Context, cfg config.Config, db *database) (*staff.Store, error) {
	keys, err := openVault(ctx, cfg, db)
	if err != nil {
		return nil, err
	}
	return people(cfg, db.DB, keys)
}

// machines opens the device store.
func machines(db *mysql.DB) *device.Store {
	return device.NewStore(device.Deps{
		DB: db, Now: clock.Now, Random: clock.Random(), IDs: id.NewMaker(clock.Now, clock.Random()),
	})
}

func (p *program) setUpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "set-up FILE", Short: "Set a station up from its description (YAML)", Args: cobra.ExactArgs(1),
		Long: "Set a station up from a file that describes its grades, tanks, dispensers, nozzles and staff.\n" +
			"Everybody gets a first password, printed once, and chooses their own when they first sign in.",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("reading the station's description: %w", err)
			}
			plan, err := setup.Parse(text)
			if err != nil {
				return err
			}
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				return p.install(ctx, cfg, db, plan, setup.RandomPassword(clock.Random()), true)
			})
		},
	}
}

func (p *program) seedCommand() *cobra.Command {
	return &cobra.Command{
		Use: "seed-demo", Short: "Set the demonstration station up if there is no station", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.withDatabase(cmd, p.seed) },
	}
}

// seed sets the demonstration station up in an empty database.
func (p *program) seed(ctx context.Context, cfg config.Config, db *database) error {
	stations, err := setup.Stations(ctx, db.DB)
	if err != nil || len(stations) > 0 {
		return err
	}
	plan, err := setup.Demo()
	if err != nil {
		return err
	}
	if err := p.install(ctx, cfg, db, plan, setup.FixedPassword(setup.DemoPassword), false); err != nil {
		return err
	}
	replies, dir, err := setup.DemoReplies()
	if err != nil {
		return err
	}
	if stations, err = setup.Stations(ctx, db.DB); err != nil {
		return err
	}
	return p.loadCanned(ctx, cfg, db, stations[0], replies, dir)
}

// install sets a station up and prints its first accounts. With mustChange
// everybody chooses a password of their own when they first sign in.
func (p *program) install(
	ctx context.Context, cfg config.Config, db *database, plan setup.Plan, password func() (string, error), mustChange bool,
) error {
	store, err := openPeople(ctx, cfg, db)
	if err != nil {
		return err
	}
	key, accounts, err := setup.Install(ctx, setup.Deps{
		DB: db.DB, Staff: store, Now: clock.Now, IDs: id.NewMaker(clock.Now, clock.Random()), MustChange: mustChange,
		Defaults: setup.Defaults{Zone: cfg.Station.Zone, Minimum: cfg.Station.Minimum},
	}, plan, password)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Station %s (%s)\n", plan.Name, key)
	for _, a := range accounts {
		fmt.Fprintf(&text, "  %-9s %s  %s  password %s\n", a.Role, a.Number, a.Name, a.Password)
	}
	_, err = fmt.Fprint(p.out, text.String())
	return err
}

// findStation is the station that a command means: by name or id, or the only
// one there is.
func findStation(ctx context.Context, db *database, which string) (station.Station, error) {
	stations, err := setup.Stations(ctx, db.DB)
	if err != nil {
		return station.Station{}, err
	}
	if which == "" && len(stations) == 1 {
		return stations[0], nil
	}
	var names []string
	for _, s := range stations {
		if which != "" && (s.Name == which || strings.EqualFold(s.ID.String(), which)) {
			return s, nil
		}
		names = append(names, fmt.Sprintf("%s (%s)", s.Name, s.ID))
	}
	if len(stations) == 0 {
		return station.Station{}, errors.New("there is no station yet: set one up with `hub set-up FILE`, or `hub seed-demo` to try things out")
	}
	return station.Station{}, fmt.Errorf("name a station with --station: %s", strings.Join(names, ", "))
}

func (p *program) nozzleCodesCommand() *cobra.Command {
	var station string
	cmd := &cobra.Command{
		Use: "nozzle-codes", Short: "Print the code for the sticker at every nozzle", Args: cobra.NoArgs,
		Long: "Print the code for the sticker at every nozzle of a station. A driver who enters or scans it says that\n" +
			"they stand there; the codes stay the same as long as the hub keeps its key.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				return p.printCodes(ctx, cfg, db, station)
			})
		},
	}
	cmd.Flags().StringVar(&station, "station", "", "name or id of the station, if there are several")
	return cmd
}

func (p *program) printCodes(ctx context.Context, cfg config.Config, db *database, which string) error {
	at, err := findStation(ctx, db, which)
	if err != nil {
		return err
	}
	keys, err := openVault(ctx, cfg, db)
	if err != nil {
		return err
	}
	codes, err := flow.New(flow.Deps{DB: db.DB, Vault: keys, Now: clock.Now, Log: p.quiet()}).NozzleCodes(ctx, at.ID)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NOZZLE\tCODE")
	for _, number := range slices.Sorted(maps.Keys(codes)) {
		fmt.Fprintf(table, "%d\t%s\n", number, codes[number])
	}
	return table.Flush()
}
