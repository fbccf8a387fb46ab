package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// logLayout is how times are written on the command line, in the station's zone.
const logLayout = "2006-01-02 15:04:05"

func (p *program) logCommand() *cobra.Command {
	var ask wire.LogQuery
	var which, from, until string
	cmd := &cobra.Command{
		Use: "log", Short: "Search the security log, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(ctx context.Context, cfg config.Config, db *database, ring *keyring.Ring) error {
				at, err := findStation(ctx, db, which)
				if err != nil {
					return err
				}
				zone, err := at.Location()
				if err != nil {
					return err
				}
				if ask.From, err = timeOf(from, zone); err != nil {
					return err
				}
				if ask.Until, err = timeOf(until, zone); err != nil {
					return err
				}
				f, err := p.logReader(cfg, db, ring)
				if err != nil {
					return err
				}
				page, err := f.SearchLog(ctx, staff.Actor{Station: at.ID}, ask)
				if err != nil {
					return err
				}
				return p.printLog(page, zone)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&which, "station", "", "name or id of the station, if there are several")
	flags.StringVar(&ask.Number, "staff", "", "whose acts, by staff number")
	flags.StringVar(&ask.Member, "member", "", "acts of and about a member, by number")
	flags.StringVar(&ask.Action, "action", "", `what was done: "member.reveal", or "member." for the family`)
	flags.StringVar(&ask.Object, "object", "", "what kind of thing it was done to")
	flags.StringVar(&ask.ObjectID, "id", "", "which one")
	flags.BoolVar(&ask.Refused, "refused", false, "only what was refused")
	flags.StringVar(&from, "from", "", "from when on, such as 2026-03-12 or 2026-03-12 08:00:00")
	flags.StringVar(&until, "until", "", "until when")
	flags.IntVar(&ask.Limit, "limit", 50, "how many rows, at most 200")
	return cmd
}

// logReader is what a search needs to say names.
func (p *program) logReader(cfg config.Config, db *database, ring *keyring.Ring) (*flow.Flow, error) {
	store, err := people(cfg, db.DB, ring.Vault)
	if err != nil {
		return nil, err
	}
	ids := id.NewMaker(clock.Now, clock.Random())
	members := member.New(member.Deps{DB: db.DB, Keys: ring, Now: clock.Now, Random: clock.Random(), IDs: ids})
	return flow.New(flow.Deps{
		DB: db.DB, Now: clock.Now, IDs: ids, Log: p.quiet(), Vault: ring.Vault, Keys: ring, Staff: store, Members: members,
	}), nil
}

// timeOf reads a time of the command line, zero for none.
func timeOf(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{logLayout, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-03-12 08:00:00", text)
}

func (p *program) printLog(page wire.LogPage, zone *time.Location) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROW\tTIME\tWHO\tACTION\tOBJECT\tRESULT\tNOTE")
	for _, e := range page.Entries {
		who := e.Number + " " + e.Name
		if e.Member != "" {
			who = "member " + e.Member
		}
		object := e.ObjectName
		if object == "" {
			object = e.ObjectID
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s %s\t%s\t%s\n", e.N, e.At.In(zone).Format(logLayout), who, e.Action, e.Object, object, e.Result, e.Note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !page.Next.IsZero() {
		fmt.Fprintln(p.out, "There are more; narrow the search, or raise --limit.")
	}
	return nil
}
