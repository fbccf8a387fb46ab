package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// newSiteWithBackups is a site with its backups in a directory beside the data.
func newSiteWithBackups(t *testing.T) (s *site, backups string) {
	t.Helper()
	s, backups = newSite(t), filepath.Join(t.TempDir(), "backups")
	s.env = append(s.env, "FORECOURT_BACKUP_DIR="+backups, "FORECOURT_NOTIFY=file")
	return s, backups
}

// refused runs a command that has to end with an error that holds some words.
func (s *site) refused(t *testing.T, words, input string, args ...string) {
	t.Helper()
	if out, err := s.run(t, input, args...); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("hub %s printed %q and ended with %v, want %q", strings.Join(args, " "), out, err, words)
	}
}

// sheets prints the two sheets: the lines of the master key, and a file with the
// key of the backups.
func (s *site) sheets(t *testing.T) (lines, keyFile string) {
	t.Helper()
	for _, m := range sheetLine.FindAllStringSubmatch(s.mustRun(t, "", "keys", "sheet", "--yes"), -1) {
		lines += m[1] + "\n"
	}
	keyFile = filepath.Join(t.TempDir(), "backup.txt")
	if err := os.WriteFile(keyFile, []byte(s.mustRun(t, "", "backup", "key", "--yes")), 0o600); err != nil {
		t.Fatal(err)
	}
	return lines, keyFile
}

// again is the running hub after it began again by itself, at its new addresses.
func (r *running) again(t *testing.T) {
	t.Helper()
	await(t, "the hub to listen again", func() bool { return len(servingLine.FindAllString(r.log.String(), -1)) == 4 })
	for _, m := range servingLine.FindAllStringSubmatch(r.log.String(), -1)[2:] {
		if m[2] == "true" {
			r.secure = "https://" + m[1]
		} else {
			r.plain = "http://" + m[1]
		}
	}
}

// tillOf is a till that was enrolled before, at the hub's address of now.
func (r *running) tillOf(t *testing.T, enrolled wire.EnrolReply) *link.Client {
	t.Helper()
	c, err := link.New(link.Options{BaseURL: r.secure, CA: []byte(enrolled.CA), Device: enrolled.Token, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// epoch is that of the station's forecourt as a till sees it.
func epoch(t *testing.T, c *link.Client, at id.Station) id.Epoch {
	t.Helper()
	ch := wire.Forecourt(at)
	e := listen(t, c.Live, ch)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.got {
		if f.K == wire.KindSnap && f.Ch == ch {
			return f.Ep
		}
	}
	t.Fatal("there was no snapshot")
	return id.Epoch{}
}

// TestS082ARestoreByTheOffice of a hub at work: who was erased after the backup
// stays erased, who was signed in is not any more, every channel begins anew,
// devices are still enrolled, the log proves itself, and what there was before
// lies aside until it is put away.
func TestS082ARestoreByTheOffice(t *testing.T) {
	s, _ := newSiteWithBackups(t)
	hub := s.serve(t, "--demo")
	till, enrolled := hub.till(t)
	ids := id.NewMaker(clock.Now, rand.Reader)
	key := func() id.Command { return id.New[id.Command](ids) }
	if err := login(t, till, "1001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	was := epoch(t, till, enrolled.Station)
	driver, before := hub.driver(t, enrolled.CA, "13812340001")
	if _, err := till.MakeBackup(t.Context(), key()); err != nil {
		t.Fatal(err)
	}
	await(t, "the backup", func() bool { return len(hub.backups(t, till).Sets) == 1 && hub.backups(t, till).Work == nil })
	set := hub.backups(t, till).Sets[0]
	if set.Copies[0].State != wire.CopyVerified {
		t.Errorf("made as %+v", set)
	}
	if !strings.Contains(hub.log.String(), "an errand of the backups begins") {
		t.Error("the hub made it itself, beside the station's work")
	}
	if err := driver.Erase(t.Context(), wire.EraseRequest{Number: before.Member.Number}); err != nil {
		t.Fatal(err)
	}
	_, after := hub.driver(t, enrolled.CA, "13812340002")

	if _, err := till.Restore(t.Context(), key(), wire.RestoreAsk{Set: set.ID}); err != nil {
		t.Fatal(err)
	}
	await(t, "the restore", func() bool { return hub.backups(t, till).Restore.State != wire.RestoreWorking })
	r := hub.backups(t, till).Restore
	if r.State != wire.RestoreReady || r.Lost == nil || r.Lost.Members != 1 || len(r.Checks) < 5 {
		t.Fatalf("restored as %+v, lost %+v", r, r.Lost)
	}
	if _, err := till.Prices(t.Context()); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	if _, err := till.SwitchToRestored(t.Context(), key(), r.ID); err != nil {
		t.Fatal(err)
	}
	hub.again(t)

	till = hub.tillOf(t, enrolled)
	if err := login(t, till, "1001", setup.DemoPassword); err != nil {
		t.Fatalf("a till of before: %v", err)
	}
	if is := epoch(t, till, enrolled.Station); is == was {
		t.Error("the channels go on as if nothing had happened")
	}
	await(t, "the places to be looked at", func() bool { return len(hub.backups(t, till).Sets) == 1 })
	if b := hub.backups(t, till); b.Restore == nil || b.Restore.State != wire.RestoreDone {
		t.Errorf("told of as %+v", b.Restore)
	}
	if _, err := os.Stat(filepath.Join(s.data, "before-"+r.ID)); err != nil {
		t.Errorf("the data from before: %v", err)
	}
	for phone, who := range map[string]wire.DriverSession{"13812340001": before, "13812340002": after} {
		if _, is := hub.driver(t, enrolled.CA, phone); is.Member.ID == who.Member.ID {
			t.Errorf("%s is who they were", phone)
		}
	}
	if out := s.mustRun(t, "", "verify"); strings.Contains(out, "WRONG") {
		t.Errorf("verify:\n%s", out)
	}
	if _, err := till.PutRestoreAway(t.Context(), key(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.data, "before-"+r.ID)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("put away, and there is %v", err)
	}
}

// backups is what the head sees of them.
func (r *running) backups(t *testing.T, till *link.Client) wire.Backups {
	t.Helper()
	b, err := till.Backups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestS083S073AMachineIsLost: all that is left are the backups, which show
// nothing of anybody, and the two sheets. What is typed wrong is told of; then
// everything is as it was, and who was erased in the last minute stays erased.
func TestS083S073AMachineIsLost(t *testing.T) {
	s, backups := newSiteWithBackups(t)
	s.mustRun(t, "", "seed-demo")
	lines, keyFile := s.sheets(t)
	hub := s.serve(t)
	till, enrolled := hub.till(t)
	if err := login(t, till, "1001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	_, stays := hub.driver(t, enrolled.CA, "13812340001")
	leaves, left := hub.driver(t, enrolled.CA, "13812340002")
	set := s.mustRun(t, "", "backup", "run")
	for _, want := range []string{"verified", "0 sales"} {
		if !strings.Contains(set, want) {
			t.Errorf("%q is not in\n%s", want, set)
		}
	}
	await(t, "the keys to go to the backups", func() bool { return smallFiles(backups) == 1 })
	if err := leaves.Erase(t.Context(), wire.EraseRequest{Number: left.Member.Number}); err != nil {
		t.Fatal(err)
	}
	await(t, "the erasure to go there", func() bool { return smallFiles(backups) == 2 })
	if err := hub.stop(); err != nil {
		t.Fatal(err)
	}
	showsNothing(t, backups, "13812340001", "13812340002", "陈志远", "昆明示范加油站")

	if err := os.RemoveAll(s.data); err != nil {
		t.Fatal(err)
	}
	s.refused(t, "keys recover", "", "restore", "--identity", keyFile, "--yes")
	first := strings.SplitAfter(lines, "\n")
	s.refused(t, "line 1", first[1]+first[0]+first[2]+first[3], "keys", "recover")
	s.mustRun(t, lines, "keys", "recover")
	s.refused(t, "--identity", "", "restore", "--yes")
	s.refused(t, "no such file", "", "restore", "--identity", keyFile+".lost", "--yes")
	s.refused(t, "none of the secret keys opens it", "", "restore", "--identity", otherSheet(t), "--yes")
	s.refused(t, "not of the form", "", "restore", "--identity", keyFile, "--at", "yesterday", "--yes")
	s.refused(t, "there is no such backup", "", "restore", "--identity", keyFile, "--set", "01M84K6JMBJAVDVM7T388JVDZV", "--yes")
	s.refused(t, "has not come yet", "", "restore", "--identity", keyFile, "--at", "2099-01-01 00:00:00", "--yes")
	s.refused(t, "the live data stays", "no\n", "restore", "--identity", keyFile)
	out := s.mustRun(t, "", "restore", "--identity", keyFile, "--yes")
	for _, want := range []string{"was restored and proved", "tables", "erasures"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	hub = s.serve(t)
	if err := login(t, hub.tillOf(t, enrolled), "1001", setup.DemoPassword); err != nil {
		t.Errorf("a till of before: %v", err)
	}
	if _, is := hub.driver(t, enrolled.CA, "13812340001"); is.Member.ID != stays.Member.ID {
		t.Error("a member is not who they were")
	}
	if _, is := hub.driver(t, enrolled.CA, "13812340002"); is.Member.ID == left.Member.ID {
		t.Error("who was erased is back")
	}
	s.mustRun(t, "", "verify")
	if list := s.mustRun(t, "", "backup", "list"); !strings.Contains(list, strings.Fields(set)[0]) {
		t.Errorf("the list:\n%s", list)
	}
}

// smallFiles is how often small files were stored among the backups.
func smallFiles(backups string) int {
	found, err := filepath.Glob(filepath.Join(backups, "files", "*", "manifest.json"))
	if err != nil {
		return -1
	}
	return len(found)
}

// showsNothing looks for some words in every file.
func showsNothing(t *testing.T, dir string, words ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, word := range words {
			if bytes.Contains(content, []byte(word)) {
				t.Errorf("%s shows %q", path, word)
			}
		}
		files++
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
}

// otherSheet is the sheet of another station's key.
func otherSheet(t *testing.T) string {
	t.Helper()
	other := newSite(t)
	other.mustRun(t, "", "seed-demo")
	_, file := other.sheets(t)
	return file
}

var setLine = regexp.MustCompile(`(?m)^([0-9A-Z]{26}) `)

// TestBackupsOnTheCommandLine: a key kept elsewhere, rehearsals with it, another
// master key, and what is refused.
func TestBackupsOnTheCommandLine(t *testing.T) {
	s, _ := newSiteWithBackups(t)
	s.env = append(s.env, "FORECOURT_BACKUP_DRILL=elsewhere")
	s.mustRun(t, "", "seed-demo")
	s.refused(t, "hub backup key", "", "backup", "run")
	s.refused(t, "--yes", "", "backup", "key")
	_, keyFile := s.sheets(t)
	s.refused(t, "--another", "", "backup", "key", "--yes")
	s.refused(t, "age1", "", "backup", "key", "--another", "--public", "age1nonsense")
	out := s.mustRun(t, "", "backup", "run")
	set := setLine.FindStringSubmatch(out)
	if set == nil || strings.Contains(out, "nothing but this hub") {
		t.Fatalf("backup run printed\n%s", out)
	}
	s.refused(t, "kept elsewhere", "", "backup", "drill")
	s.refused(t, "no place is called", "", "backup", "accept", "nowhere")
	s.refused(t, "there is no such backup", "", "backup", "drill", "--identity", keyFile, "01M84K6JMBJAVDVM7T388JVDZV")
	s.mustRun(t, "", "keys", "rekey", "--file")
	if out := s.mustRun(t, "", "backup", "drill", "--identity", keyFile, set[1]); !strings.Contains(out, "as it was") || strings.Contains(out, "WRONG") {
		t.Errorf("backup drill printed\n%s", out)
	}
	s.mustRun(t, "", "backup", "verify")
	if list := s.mustRun(t, "", "backup", "list"); !strings.Contains(list, set[1]) {
		t.Errorf("backup list printed\n%s", list)
	}
	s.refused(t, "the live data stays", "no\n", "restore", "--identity", keyFile, "--set", set[1])
	if out := s.mustRun(t, "", "restore", "--identity", keyFile, "--set", set[1], "--yes"); !strings.Contains(out, set[1]) {
		t.Errorf("restore printed\n%s", out)
	}
	s.mustRun(t, "", "verify")
}

// TestAnErrandIsHandedThePassphrase: the hub may have been told it on a terminal,
// once.
func TestAnErrandIsHandedThePassphrase(t *testing.T) {
	s, _ := newSiteWithBackups(t)
	s.mustRun(t, "", "seed-demo")
	s.mustRun(t, "correct horse battery\n", "keys", "rekey", "--passphrase")
	s.env = append(s.env, "FORECOURT_KEYS=passphrase")
	if out, err := s.run(t, "wrong horse battery\n", "backup", "work", "make"); err == nil || strings.Contains(out, `"ended"`) {
		t.Errorf("with a wrong one: %v, %s", err, out)
	}
	out := strings.TrimSpace(s.mustRun(t, "correct horse battery\n", "backup", "work", "make"))
	words := strings.Split(out, "\n")
	var last backup.Told
	if err := json.Unmarshal([]byte(words[len(words)-1]), &last); err != nil || last.Ended == nil || last.Ended.Problem != "" {
		t.Errorf("its last word is %s, %v", words[len(words)-1], err)
	}
	s.refused(t, "no errand", "correct horse battery\n", "backup", "work", "sweep")
}

// TestASwitchThatACrashLeftIsFinishedByACommandToo: no new database is made
// where the restored one belongs.
func TestASwitchThatACrashLeftIsFinishedByACommandToo(t *testing.T) {
	s, _ := newSiteWithBackups(t)
	s.mustRun(t, "", "seed-demo")
	codes := s.mustRun(t, "", "nozzle-codes")
	s.mustRun(t, "", "backup", "run")
	s.mustRun(t, "", "restore", "--yes")
	// As if the machine had stopped after the first of the two moves.
	found, err := filepath.Glob(filepath.Join(s.data, "before-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("aside is %q, %v", found, err)
	}
	restore := strings.TrimPrefix(filepath.Base(found[0]), "before-")
	if err := os.MkdirAll(filepath.Join(s.data, "restore"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustRename(t, filepath.Join(s.data, "db"), filepath.Join(s.data, "restore", restore))
	if err := os.WriteFile(filepath.Join(s.data, "backup", "switch.json"), []byte(`{"id": "`+restore+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := s.mustRun(t, "", "nozzle-codes"); again != codes {
		t.Errorf("the codes were\n%s\nand are\n%s", codes, again)
	}
}
