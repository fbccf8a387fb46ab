package flow

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// StaffList is everybody who signs in at the station of whoever asks.
func (f *Flow) StaffList(ctx context.Context, who staff.Actor) (wire.StaffList, error) {
	list, err := f.Staff.Members(ctx, f.DB, who.Station)
	if err != nil {
		return wire.StaffList{}, err
	}
	stations, err := f.givable(ctx, who)
	return wire.StaffList{Staff: list, Stations: stations}, err
}

// givable is the stations that somebody may give to a manager of this one.
func (f *Flow) givable(ctx context.Context, who staff.Actor) ([]wire.StationName, error) {
	reach, err := staff.Reach(ctx, f.DB, who)
	if err != nil {
		return nil, err
	}
	all, err := station.All(ctx, f.DB)
	cards := []wire.StationName{}
	for _, s := range all {
		if s.ID != who.Station && slices.Contains(reach, s.ID) {
			cards = append(cards, wire.StationName{ID: s.ID, Name: s.Name})
		}
	}
	return cards, err
}

// AddStaff enters somebody at the station. They choose another password when
// they first sign in.
func (f *Flow) AddStaff(ctx context.Context, who staff.Actor, key id.Command, req wire.NewStaffRequest) (wire.StaffMember, error) {
	request, err := f.hidden(req)
	if err != nil {
		return wire.StaffMember{}, err
	}
	made := id.New[id.Staff](f.IDs)
	c := command{
		actor: who, key: key, name: staff.ActionAdd, action: staff.ManageStaff, request: request,
		audit: audit.Row{Note: "as " + string(req.Role)},
	}
	p := staff.NewPerson{
		Station: who.Station, Number: req.Number, Name: req.Name, Role: req.Role, Password: req.Password, MustChange: true,
	}
	added, _, err := perform(ctx, f, c, effect[oneOfStaff]{
		prepare: func(ctx context.Context) (err error) {
			p, err = f.Staff.Ready(ctx, p)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (oneOfStaff, []outbox.Event, error) {
			_, err := f.Staff.AddAs(ctx, tx, made, p)
			return oneOfStaff{made}, nil, err
		},
		describe: func(row *audit.Row) { row.ObjectID = made.String() },
	})
	if err != nil {
		return wire.StaffMember{}, err
	}
	return f.Staff.Member(ctx, f.DB, who.Station, added.Staff)
}

// oneOfStaff is what a command about somebody is remembered by. How they are
// is not in it: results are kept in clear, and names are not.
type oneOfStaff struct {
	Staff id.Staff `json:"staff"`
}

// ChangeStaff makes somebody what req says. A repeat is answered with how they
// are by then.
func (f *Flow) ChangeStaff(ctx context.Context, who staff.Actor, key id.Command, of id.Staff, req wire.StaffRequest) (wire.StaffMember, error) {
	request, err := f.hidden(req)
	if err != nil {
		return wire.StaffMember{}, err
	}
	c := command{
		actor: who, key: key, name: staff.ActionChange, action: staff.ManageStaff, target: of.String(), request: request,
		audit: audit.Row{Note: changeNote(req)},
	}
	changed, _, err := perform(ctx, f, c, effect[oneOfStaff]{
		do: func(ctx context.Context, tx *mysql.Tx) (oneOfStaff, []outbox.Event, error) {
			return oneOfStaff{of}, nil, f.Staff.Change(ctx, tx, who, of, req)
		},
	})
	if err != nil {
		return wire.StaffMember{}, err
	}
	return f.Staff.Member(ctx, f.DB, who.Station, changed.Staff)
}

// changeNote is what the log says of a change; names are not for it.
func changeNote(req wire.StaffRequest) string {
	parts := []string{string(req.Role)}
	if !req.Active {
		parts = append(parts, "may not sign in")
	}
	if n := len(req.Stations); n > 0 {
		parts = append(parts, fmt.Sprintf("%d further stations", n))
	}
	return strings.Join(parts, ", ")
}

// GivePassword gives somebody else a password, which they must change when
// they next sign in.
func (f *Flow) GivePassword(ctx context.Context, who staff.Actor, key id.Command, to id.Staff, req wire.PasswordRequest) (wire.Done, error) {
	request, err := f.hidden(req)
	if err != nil {
		return wire.Done{}, err
	}
	c := command{actor: who, key: key, name: staff.ActionPassword, action: staff.ManageStaff, target: to.String(), request: request}
	if req.DropSecondFactor {
		c.audit.Note = "second factor dropped"
	}
	var hash string
	_, repeat, err := perform(ctx, f, c, effect[struct{}]{
		prepare: func(ctx context.Context) error {
			if _, err := f.Staff.Member(ctx, f.DB, who.Station, to); err != nil {
				return err // who is not of this station is not told about their password
			}
			var err error
			hash, err = f.Staff.GivenPassword(ctx, to, req.Password)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (struct{}, []outbox.Event, error) {
			return struct{}{}, nil, f.Staff.GivePassword(ctx, tx, who, to, hash, req.DropSecondFactor)
		},
	})
	return done(c, repeat, err)
}

// StaffSessions is every open session at the station.
func (f *Flow) StaffSessions(ctx context.Context, who staff.Actor) (wire.StaffSessionList, error) {
	return f.Staff.Sessions(ctx, f.DB, who.Station, who.Session)
}

// EndSession ends a session at the station, and its sockets.
func (f *Flow) EndSession(ctx context.Context, who staff.Actor, key id.Command, session id.Session) (wire.Done, error) {
	c := command{actor: who, key: key, name: staff.ActionEndSession, action: staff.ManageStaff, target: session.String()}
	_, repeat, err := perform(ctx, f, c, effect[struct{}]{
		do: func(ctx context.Context, tx *mysql.Tx) (struct{}, []outbox.Event, error) {
			return struct{}{}, nil, f.Staff.EndSession(ctx, tx, who, session)
		},
	})
	return done(c, repeat, err)
}

// hidden stands for a request that holds a name or a password in the sum that
// tells repeats of a command: the sum is kept, and a plain one of a password
// could be tried out faster than the password's own hash.
func (f *Flow) hidden(req any) (string, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return "", fmt.Errorf("encoding a request: %w", err)
	}
	sum := f.Staff.Vault.MAC("command.request", text)
	return hex.EncodeToString(sum[:]), nil
}
