package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/pki"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func (p *program) enrolCommand() *cobra.Command {
	var kind, station string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "enrol", Short: "Print a one-time code that enrols a till or a pumpd", Args: cobra.NoArgs,
		Long: "Print a one-time code for `cashier enrol` or `pumpd enrol`. The part behind the dot is the\n" +
			"fingerprint of the hub's certificate authority: with it the device knows that it speaks to this hub.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				at, err := findStation(ctx, db, station)
				if err != nil {
					return err
				}
				fingerprint, err := fingerprint(cfg)
				if err != nil {
					return err
				}
				code, err := machines(db.DB).NewCode(ctx, at.ID, wire.DeviceKind(kind), ttl)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(p.out, "%s.%s\n", code, fingerprint); err != nil {
					return err
				}
				_, err = fmt.Fprintf(p.errs, "for one %s of %s, within %v\n", kind, at.Name, ttl)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "what is enrolled: till or pumpd")
	cmd.Flags().StringVar(&station, "station", "", "name or id of its station, if there are several")
	cmd.Flags().DurationVar(&ttl, "for", device.DefaultTTL, "how long the code is good")
	if err := cmd.MarkFlagRequired("kind"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// fingerprint is that of the hub's authority, which is made if the hub has
// never run.
func fingerprint(cfg config.Config) (string, error) {
	print, err := pki.Fingerprint(cfg.KeyDir())
	if !errors.Is(err, fs.ErrNotExist) {
		return print, err
	}
	authority, err := authority(cfg)
	if err != nil {
		return "", err
	}
	return authority.Fingerprint(), nil
}

func (p *program) deviceCommand() *cobra.Command {
	group := &cobra.Command{Use: "device", Short: "Look at enrolled devices, or revoke one"}
	var station string
	group.PersistentFlags().StringVar(&station, "station", "", "name or id of the station, if there are several")
	group.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List a station's devices", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return p.withDatabase(cmd, func(ctx context.Context, _ config.Config, db *database) error {
					return p.listDevices(ctx, db, station)
				})
			},
		},
		&cobra.Command{
			Use: "revoke DEVICE", Short: "End a device's access, and the sessions opened at it", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				var key id.Device
				if err := key.UnmarshalText([]byte(args[0])); err != nil {
					return fmt.Errorf("%q is not a device's id: %w", args[0], err)
				}
				return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
					return revoke(ctx, cfg, db, key)
				})
			},
		},
	)
	return group
}

func (p *program) listDevices(ctx context.Context, db *database, which string) error {
	at, err := findStation(ctx, db, which)
	if err != nil {
		return err
	}
	entries, err := machines(db.DB).List(ctx, at.ID)
	if err != nil {
		return err
	}
	zone, err := at.Location()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DEVICE\tKIND\tNAME\tENROLLED\tREVOKED")
	for _, e := range entries {
		revoked := "-"
		if e.RevokedAt != nil {
			revoked = e.RevokedAt.In(zone).Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Device, e.Kind, e.Name, e.CreatedAt.In(zone).Format(time.DateTime), revoked)
	}
	return table.Flush()
}

// revoke ends a device and the sessions opened at it. A running hub notices
// within seconds and closes their sockets.
func revoke(ctx context.Context, cfg config.Config, db *database, key id.Device) error {
	// Nothing sealed is opened: a stolen till is shut out also while the keys
	// are missing.
	store, err := people(cfg, db.DB, nil)
	if err != nil {
		return err
	}
	return db.InTx(ctx, "revoking a device", func(ctx context.Context, tx *mysql.Tx) error {
		if err := machines(db.DB).Revoke(ctx, tx, key); err != nil {
			return err
		}
		return store.EndDevice(ctx, tx, key)
	})
}
