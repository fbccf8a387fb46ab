package desk

import (
	"slices"
	"strings"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rolesInOrder lists the roles as a choice offers them.
var rolesInOrder = [...]wire.Role{wire.RoleHead, wire.RoleGroup, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent}

// person is the chosen member of the staff; nil if nobody is.
func (s *State) person() *wire.StaffMember {
	for i, p := range s.office.staff {
		if p.ID.String() == s.office.row {
			return &s.office.staff[i]
		}
	}
	return nil
}

// stationsOf lists the stations that can be given to a group manager: those
// the hub names, and those that somebody has.
func stationsOf(list wire.StaffList) []wire.StationName {
	out := slices.Clone(list.Stations)
	for _, p := range list.Staff {
		for _, card := range p.Stations {
			if !slices.ContainsFunc(out, func(c wire.StationName) bool { return c.ID == card.ID }) {
				out = append(out, card)
			}
		}
	}
	return out
}

// staffAct does what the buttons of the staff tab say.
func (s *State) staffAct(e OfficeAct) []Effect {
	p := s.person()
	switch {
	case e.ID == "staff.add":
		s.openForm(formStaffAdd, "", "role", string(wire.RoleCashier))
	case p == nil:
	case e.ID == "staff.edit":
		var stations []string
		for _, card := range p.Stations {
			stations = append(stations, card.ID.String())
		}
		s.openForm(formStaffEdit, p.ID.String(), "name", p.Name, "role", string(p.Role), "active", tick(p.Active),
			"stations", strings.Join(stations, ","))
	case e.ID == "staff.password":
		s.openForm(formPassword, p.ID.String())
	}
	return nil
}

// tick is the value of a field that is checked or not.
func tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func (s *State) submitStaffAdd(f *form) []Effect {
	if !s.needs(f, "number", "name") || !s.newPassword(f, "password", "again") {
		return nil
	}
	return s.sendForm(Command{Kind: CommandStaffAdd, Office: OfficeBody{NewStaff: &wire.NewStaffRequest{
		Number: f.value("number"), Name: f.value("name"), Role: wire.Role(f.value("role")), Password: f.values["password"],
	}}})
}

// newPassword checks that a new password was typed, twice the same. Whether it
// is good enough is for the hub to say.
func (s *State) newPassword(f *form, field, again string) bool {
	switch {
	case f.values[field] == "":
		f.wrong[field] = s.text(WordFieldNeeded)
	case f.values[field] != f.values[again]:
		f.wrong[again] = s.text(WordPasswordsDiffer)
	default:
		return true
	}
	return false
}

func (s *State) submitStaffEdit(f *form) []Effect {
	if !s.needs(f, "name") {
		return nil
	}
	request := wire.StaffRequest{Name: f.value("name"), Role: wire.Role(f.value("role")), Active: f.value("active") != ""}
	if request.Role == wire.RoleGroup {
		for text := range strings.SplitSeq(f.value("stations"), ",") {
			if station, err := id.Parse[id.Station](text); err == nil {
				request.Stations = append(request.Stations, station)
			}
		}
	}
	return s.sendForm(Command{Kind: CommandStaffSet, Object: f.object, Office: OfficeBody{Staff: &request}})
}

func (s *State) submitPassword(f *form) []Effect {
	if !s.newPassword(f, "password", "again") {
		return nil
	}
	return s.sendForm(Command{Kind: CommandStaffPassword, Object: f.object, Office: OfficeBody{Password: &wire.PasswordRequest{
		Password: f.values["password"], DropSecondFactor: f.value("drop") != "",
	}}})
}

// chosenSession is the chosen session; nil if none is.
func (s *State) chosenSession() *wire.StaffSession {
	for i, p := range s.office.sessions {
		if p.ID.String() == s.office.row {
			return &s.office.sessions[i]
		}
	}
	return nil
}

// sessionsAct ends a session, after asking once.
func (s *State) sessionsAct(e OfficeAct) []Effect {
	if p := s.chosenSession(); p != nil && !p.Own && e.ID == "session.end" {
		s.openForm(formEndSession, p.ID.String())
	}
	return nil
}
