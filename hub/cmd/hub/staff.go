package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// staffWork is what a command does with a station's staff.
type staffWork func(ctx context.Context, store *staff.Store, at station.Station) error

// staffRun runs it with the station the command means.
type staffRun func(cmd *cobra.Command, work staffWork) error

func (p *program) staffCommand() *cobra.Command {
	group := &cobra.Command{Use: "staff", Short: "Look after who works at a station"}
	var which string
	group.PersistentFlags().StringVar(&which, "station", "", "name or id of the station, if there are several")
	run := func(cmd *cobra.Command, work staffWork) error {
		return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
			at, err := findStation(ctx, db, which)
			if err != nil {
				return err
			}
			store, err := openPeople(ctx, cfg, db)
			if err != nil {
				return err
			}
			return work(ctx, store, at)
		})
	}
	group.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List who signs in at the station", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, p.listStaff) },
		},
		&cobra.Command{
			Use: "sessions", Short: "List the open sessions", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, p.listSessions) },
		},
		p.addStaffCommand(run),
		p.passwordCommand(run),
		p.staffStationsCommand(run),
		numberCommand("deactivate", "End somebody's access", run, func(ctx context.Context, s *staff.Store, at id.Station, number string) error {
			return s.SetActive(ctx, at, number, false)
		}),
		numberCommand("activate", "Let somebody sign in again", run, func(ctx context.Context, s *staff.Store, at id.Station, number string) error {
			return s.SetActive(ctx, at, number, true)
		}),
		numberCommand("drop-second-factor", "Take somebody's second factor away: the phone is lost", run,
			func(ctx context.Context, s *staff.Store, at id.Station, number string) error {
				return s.DropSecondFactor(ctx, at, number)
			}),
		numberCommand("end-sessions", "End somebody's sessions, at every till", run,
			func(ctx context.Context, s *staff.Store, at id.Station, number string) error {
				return s.EndSessions(ctx, at, number)
			}),
	)
	return group
}

// mustChangeFlag has somebody choose a password of their own.
func mustChangeFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("must-change", true, "they choose a password of their own when they next sign in")
}

func (p *program) addStaffCommand(run staffRun) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add NUMBER NAME ROLE", Short: "Enter somebody; ROLE is head, group, cashier, attendant or agent",
		Long: "Enter somebody with a first password, asked for or read from standard input. ROLE is head, group,\n" +
			"cashier, attendant or agent; group is the manager of several stations (see `hub staff stations`).",
		Args: cobra.ExactArgs(3),
	}
	mustChange := mustChangeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
			password, err := p.askPassword()
			if err != nil {
				return err
			}
			_, err = store.Enter(ctx, staff.NewPerson{
				Station: at.ID, Number: args[0], Name: args[1], Role: wire.Role(args[2]), Password: password, MustChange: *mustChange,
			})
			return err
		})
	}
	return cmd
}

func (p *program) passwordCommand(run staffRun) *cobra.Command {
	cmd := &cobra.Command{
		Use: "set-password NUMBER", Short: "Give somebody a new password, asked for or read from standard input",
		Args: cobra.ExactArgs(1),
	}
	mustChange := mustChangeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
			password, err := p.askPassword()
			if err != nil {
				return err
			}
			return store.SetPassword(ctx, at.ID, args[0], password, *mustChange)
		})
	}
	return cmd
}

func (p *program) staffStationsCommand(run staffRun) *cobra.Command {
	return &cobra.Command{
		Use: "stations NUMBER [STATION...]", Short: "Say which further stations the manager of a group may come to",
		Long: "Say which further stations, by name or id, the manager of a group may come to beside the one they\n" +
			"were entered at; without any they may come to none. A station head cannot do that.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				which, err := cmd.Flags().GetString("station")
				if err != nil {
					return err
				}
				at, err := findStation(ctx, db, which)
				if err != nil {
					return err
				}
				var further []id.Station
				for _, name := range args[1:] {
					one, err := findStation(ctx, db, name)
					if err != nil {
						return err
					}
					further = append(further, one.ID)
				}
				store, err := openPeople(ctx, cfg, db)
				if err != nil {
					return err
				}
				return store.SetStations(ctx, at.ID, args[0], further)
			})
		},
	}
}

// numberCommand is a command that does something to whoever has a number.
func numberCommand(name, short string, run staffRun, do func(context.Context, *staff.Store, id.Station, string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " NUMBER", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
				return do(ctx, store, at.ID, args[0])
			})
		},
	}
}

func (p *program) listStaff(ctx context.Context, store *staff.Store, at station.Station) error {
	people, err := store.Members(ctx, store.DB, at.ID)
	if err != nil {
		return err
	}
	zone, err := at.Location()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tNAME\tROLE\tACTIVE\tSECOND FACTOR\tLAST SEEN\tLOCKED UNTIL\tFURTHER STATIONS")
	for _, m := range people {
		var further []string
		for _, s := range m.Stations {
			further = append(further, s.Name)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%t\t%t\t%s\t%s\t%s\n", m.Number, m.Name, m.Role, m.Active, m.SecondFactor,
			timeIn(zone, m.SeenAt), timeIn(zone, m.LockedUntil), strings.Join(further, ", "))
	}
	return table.Flush()
}

func (p *program) listSessions(ctx context.Context, store *staff.Store, at station.Station) error {
	list, err := store.Sessions(ctx, store.DB, at.ID, id.Session{})
	if err != nil {
		return err
	}
	zone, err := at.Location()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tNAME\tROLE\tTILL\tSINCE\tLAST USED")
	for _, s := range list.Sessions {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Number, s.Name, s.Role, s.DeviceName, timeIn(zone, s.Since), timeIn(zone, s.SeenAt))
	}
	return table.Flush()
}

// timeIn is a time for a table, or a dash for none.
func timeIn(zone *time.Location, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(zone).Format(time.DateTime)
}

// maxPasswordLine bounds what is read from standard input.
const maxPasswordLine = 1 << 10

// askPassword reads a password: twice and unseen from a terminal, else the
// first line of standard input. It is no argument, which others could see.
func (p *program) askPassword() (string, error) {
	fd := int(p.in.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(io.LimitReader(p.in, maxPasswordLine)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"New password: ", "Once more: "} {
		fmt.Fprint(p.errs, prompt)
		secret, err := term.ReadPassword(fd)
		fmt.Fprintln(p.errs)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(secret)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ")
	}
	return typed[0], nil
}
