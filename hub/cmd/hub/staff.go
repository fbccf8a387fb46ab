package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// staffWork is what a command does with a station's staff.
type staffWork func(ctx context.Context, store *staff.Store, at station.Station) error

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
			store, err := people(cfg, db.DB)
			if err != nil {
				return err
			}
			return work(ctx, store, at)
		})
	}
	group.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the staff", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, p.listStaff) },
		},
		&cobra.Command{
			Use: "set-password NUMBER", Short: "Give somebody a new password, asked for or read from standard input",
			Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
					password, err := p.askPassword()
					if err != nil {
						return err
					}
					return store.SetPassword(ctx, at.ID, args[0], password)
				})
			},
		},
		p.addStaffCommand(run),
		activeCommand("deactivate", "End somebody's access", false, run),
		activeCommand("activate", "Let somebody sign in again", true, run),
	)
	return group
}

func (p *program) addStaffCommand(run func(*cobra.Command, staffWork) error) *cobra.Command {
	return &cobra.Command{
		Use: "add NUMBER NAME ROLE", Short: "Enter somebody; ROLE is head, cashier, attendant or agent",
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
				password, err := p.askPassword()
				if err != nil {
					return err
				}
				return store.DB.InTx(ctx, "entering staff", func(ctx context.Context, tx *mysql.Tx) error {
					_, err := store.Add(ctx, tx, staff.NewPerson{
						Station: at.ID, Number: args[0], Name: args[1], Role: wire.Role(args[2]), Password: password,
					})
					return err
				})
			})
		},
	}
}

func activeCommand(name, short string, active bool, run func(*cobra.Command, staffWork) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " NUMBER", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd, func(ctx context.Context, store *staff.Store, at station.Station) error {
				return store.SetActive(ctx, at.ID, args[0], active)
			})
		},
	}
}

func (p *program) listStaff(ctx context.Context, store *staff.Store, at station.Station) error {
	people, err := store.List(ctx, at.ID)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tNAME\tROLE\tACTIVE")
	for _, person := range people {
		fmt.Fprintf(table, "%s\t%s\t%s\t%t\n", person.Number, person.Name, person.Role, person.Active)
	}
	return table.Flush()
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
