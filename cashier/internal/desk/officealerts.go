package desk

import (
	"bytes"
	"cmp"
	"slices"

	"forecourt/shared/wire"
)

// securityNews folds a frame of the alerts, and calls out one that is new.
func (s *State) securityNews(f wire.Frame) []Effect {
	if !s.leads() {
		return nil
	}
	var out []Effect
	if f.K == wire.KindSnap {
		out = []Effect{Record{"snapshot", []any{"channel", string(f.Ch), "seq", f.Seq}}}
	}
	var before []wire.Alert
	if f.K == wire.KindAlert {
		before = s.security.Alerts()
	}
	change, err := s.security.Apply(f)
	if err != nil {
		return append(out, Resync{f.Ch}, Record{"frame dropped", []any{"kind", string(f.K), "error", err.Error()}})
	}
	for _, which := range change.Alerts {
		a, open := s.security.Alert(which)
		if open && !slices.ContainsFunc(before, func(b wire.Alert) bool { return b.ID == which }) {
			out = append(out, s.callAlert(a)...)
		}
	}
	if f.K == wire.KindAlert {
		s.listAlert(f)
	}
	return out
}

// callAlert says and sounds a new alert.
func (s *State) callAlert(a wire.Alert) []Effect {
	s.say(ToneBad, s.text(WordAlertToast, s.alertText(a)))
	return append([]Effect{Record{"alert", []any{"alert", a.ID.String(), "rule", string(a.Rule)}}}, s.play(SoundAlarm)...)
}

// listAlert brings the news of an alert into the list that was loaded.
func (s *State) listAlert(f wire.Frame) {
	a, err := wire.Read[wire.Alert](f.D)
	if err != nil || s.office.tab != TabAlerts {
		return
	}
	at := slices.IndexFunc(s.office.alerts, func(b wire.Alert) bool { return b.ID == a.ID })
	if at < 0 {
		s.office.alerts = append([]wire.Alert{a}, s.office.alerts...)
		return
	}
	s.office.alerts[at] = a
}

// listedAlerts lists those nobody has taken note of first, each newest first.
func (s *State) listedAlerts() []wire.Alert {
	list := slices.Clone(s.office.alerts)
	for _, a := range s.security.Alerts() {
		if !slices.ContainsFunc(list, func(b wire.Alert) bool { return b.ID == a.ID }) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b wire.Alert) int {
		return cmp.Or(cmp.Compare(rankOf(a), rankOf(b)), bytes.Compare(b.ID[:], a.ID[:]))
	})
	return list
}

func rankOf(a wire.Alert) int {
	if a.SeenAt.IsZero() {
		return 0
	}
	return 1
}

// alert is the chosen alert; nil if none is.
func (s *State) alert() *wire.Alert {
	for _, a := range s.listedAlerts() {
		if a.ID.String() == s.office.row {
			return &a
		}
	}
	return nil
}

// alertsAct takes note of an alert.
func (s *State) alertsAct(e OfficeAct) []Effect {
	a := s.alert()
	if a == nil || !a.SeenAt.IsZero() || e.ID != "alert.seen" {
		return nil
	}
	return s.send(Command{Kind: CommandAlertSeen, Object: a.ID.String()})
}

// alertWords say why an alert was raised.
var alertWords = map[wire.AlertRule]Word{
	wire.AlertPersonal: WordAlertPersonal, wire.AlertManyRead: WordAlertManyRead, wire.AlertReveals: WordAlertReveals,
	wire.AlertGuessing: WordAlertGuessing, wire.AlertTampered: WordAlertTampered, wire.AlertKeys: WordAlertKeys,
	wire.AlertPrice: WordAlertPrice, wire.AlertBackup: WordAlertBackup, wire.AlertRestored: WordAlertRestored,
}

// ruleText is why an alert was raised, in words.
func (s *State) ruleText(r wire.AlertRule) string {
	if w, ok := alertWords[r]; ok {
		return s.text(w)
	}
	return s.text(WordAlertOther)
}

// alertText is an alert in one line: who or where, and what.
func (s *State) alertText(a wire.Alert) string {
	if a.Number == "" && a.Object != objectNozzle {
		return s.ruleText(a.Rule)
	}
	return s.alertWhere(a) + " · " + s.ruleText(a.Rule)
}

// objectNozzle is the object of an alert that is about no person.
const objectNozzle = "nozzle"

// alertWhere is who did it, or the nozzle that it is about.
func (s *State) alertWhere(a wire.Alert) string {
	if a.Number == "" && a.Object == objectNozzle {
		return s.objectText(a.Object, a.ObjectID, "")
	}
	return s.alertWho(a)
}

// drawAlerts draws the alerts tab.
func (s *State) drawAlerts(out *Office) {
	out.Table = s.table(WordTabAlerts, WordAlertsEmpty,
		Column{Title: s.text(WordColumnTime), Weight: 16},
		Column{Title: s.text(WordAlertWhat), Weight: 30},
		Column{Title: s.text(WordAlertWho), Weight: 16},
		Column{Title: s.text(WordCount), Weight: 8, Right: true, Spare: true},
		Column{Title: s.text(WordColumnState), Weight: 14},
	)
	s.more(&out.Table, !s.office.nextAlert.IsZero(), WordMoreAlerts)
	for _, a := range s.listedAlerts() {
		state := Cell{Text: s.text(WordAlertOpen), Tone: ToneBad, Bold: true}
		if !a.SeenAt.IsZero() {
			state = Cell{Text: s.text(WordAlertSeenBy, a.SeenBy), Tone: ToneSoft}
		}
		out.Table.Rows = append(out.Table.Rows, s.officeRow(a.ID.String(),
			Cell{Text: s.dateTime(a.At), Tone: ToneSoft}, Cell{Text: s.ruleText(a.Rule), Bold: a.SeenAt.IsZero()},
			Cell{Text: s.alertWhere(a)}, Cell{Text: figure(a.Count)}, state,
		))
	}
	a := s.alert()
	out.Wide = a == nil
	if a != nil {
		out.Card = s.alertCard(*a)
	}
}

func (s *State) alertWho(a wire.Alert) string {
	if a.Number == "" {
		return "—"
	}
	return a.Number + " " + a.Name
}

func (s *State) alertCard(a wire.Alert) *Card {
	c := &Card{Title: s.ruleText(a.Rule), Subtitle: s.text(WordAlertOpen), Tone: ToneBad}
	var lines []CardLine
	line := func(label Word, value string) {
		if value != "" {
			lines = append(lines, CardLine{Label: s.text(label), Value: value})
		}
	}
	line(WordColumnTime, s.dateTime(a.At))
	if a.Object != objectNozzle || a.Number != "" {
		line(WordAlertWho, s.alertWho(a))
	}
	line(WordObject, s.objectText(a.Object, a.ObjectID, ""))
	line(WordCount, figure(a.Count))
	line(WordNote, s.noteText(a.Note))
	c.Sections = []Section{{Lines: lines}}
	if a.SeenAt.IsZero() {
		act := s.main(s.actOf("alert.seen", "", WordAlertNote))
		act.Busy = s.flights[slot{kind: CommandAlertSeen, object: a.ID.String()}].busy()
		act.On = !act.Busy
		c.Acts, c.Note = []Act{act}, s.text(WordAlertNoteHow)
		return c
	}
	c.Subtitle, c.Tone = s.text(WordAlertSeenAt, a.SeenBy, s.dateTime(a.SeenAt)), ToneSoft
	return c
}
