package desk

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"forecourt/shared/wire"
)

func TestCatalogueIsCompleteInBothLanguages(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	for w := WordNone + 1; w < wordCount; w++ {
		if w == wordOwn || w == wordOfficeFirst || w == wordOfficeEnd || w == wordStaffFirst || w == wordStaffEnd || w == wordPlaceFirst || w == wordPlaceEnd || w == wordBackupFirst {
			continue // marks in the list
		}
		zh, en := Text(Chinese, w), Text(English, w)
		if zh == "" || en == "" {
			t.Errorf("word %d: %q, %q: a language is missing", w, zh, en)
			continue
		}
		if !slices.Equal(verbs.FindAllString(zh, -1), verbs.FindAllString(en, -1)) {
			t.Errorf("%q and %q take different figures", zh, en)
		}
		if strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is not English", en)
		}
		if strings.ContainsAny(zh+en, "!！") {
			t.Errorf("%q shouts", zh)
		}
	}
}

func TestEveryFaceAndReasonHasItsWord(t *testing.T) {
	for _, f := range Faces {
		if faceWords[f] == WordNone {
			t.Errorf("face %s has no word", f)
		}
	}
	for r, w := range reasonWords {
		if w.long == WordNone || w.short == WordNone {
			t.Errorf("reason %s has no words", r)
		}
	}
}

func TestEveryNameOfTheHubHasItsWords(t *testing.T) {
	s := &State{prefs: Prefs{Lang: English}}
	var prefixes []string
	for _, f := range families {
		prefixes = append(prefixes, f.prefix)
	}
	for _, action := range strings.Fields(`login.ok login.refused login.locked logout session.end staff.add staff.change staff.password
		staff.factor account.password account.factor post.assign member.search member.look member.refuels member.reveal member.export
		member.erase segment.save segment.drop segment.preview keys.rotate keys.rekey keys.sheet log.read log.export alert.seen alert.raised
		consent.give consent.withdraw sale.pay sale.resolve nozzle.hold nozzle.mode nozzle.authorize station.hold prices.set
		chat.take chat.transfer chat.close chat.reopen chat.settings chat.canned fee.look refused.see-sales
		offer.add offer.end site.set queue.count trip.note refused.edit-offers refused.edit-site refused.count-queue
		backup.made backup.failed backup.missed backup.place backup.verified backup.drill backup.schedule backup.restore backup.restored
		backup.switch backup.away backup.see backup.make backup.verify backup.rehearse backup.bring refused.restore-backups`) {
		if got := s.actionText(action); got == action || got == "" {
			t.Errorf("action %s has no words", action)
		}
		family, _, dotted := strings.Cut(action, ".")
		if dotted && family != "refused" && !slices.Contains(prefixes, family+".") {
			t.Errorf("the log cannot be narrowed to %s", family)
		}
	}
	for _, object := range strings.Fields("member sale staff thread segment nozzle station keys log session alert offer backup") {
		if got := s.objectText(object, "", ""); got == object {
			t.Errorf("object %s has no words", object)
		}
	}
	for note, want := range map[string]string{
		"waiting 3": "3 waiting", "shows 7.98, in force 7.86": "shows 7.98, in force 7.86", "shows the way": "shows the way", "see-members": "Find and see members", "stop": "stop",
		"backup.missed": "A backup was missed", "backup.place: no route": "A place for backups: no route",
	} {
		if got := s.noteText(note); got != want {
			t.Errorf("note %q reads %q", note, got)
		}
	}
	for _, r := range []wire.AlertRule{wire.AlertPersonal, wire.AlertManyRead, wire.AlertReveals, wire.AlertGuessing, wire.AlertTampered, wire.AlertKeys, wire.AlertPrice, wire.AlertBackup, wire.AlertRestored} {
		if alertWords[r] == WordNone {
			t.Errorf("alert %s has no words", r)
		}
	}
	for _, r := range rolesInOrder {
		if roleWords[r] == WordNone {
			t.Errorf("role %s has no words", r)
		}
	}
	for kind := range officeTabs {
		if doneWords[kind] == WordNone || !kind.Office() {
			t.Errorf("act %s has no words", kind)
		}
	}
}
