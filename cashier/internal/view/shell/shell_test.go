package shell_test

import (
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/board"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/shell"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// The two windows a till is looked at in: the floor, and the floor with the
// scale at one and a half.
var (
	floor  = fyne.NewSize(1366, 744)
	scaled = fyne.NewSize(911, 496)
)

// bench is a window on a stage: what is done in the window is played, and
// what comes of it is drawn.
type bench struct {
	*lookbook.Stage
	window fyne.Window
	frame  *shell.Shell
}

func open(t *testing.T, s *lookbook.Stage, size fyne.Size) *bench {
	t.Helper()
	test.NewTempApp(t)
	b := &bench{Stage: s, window: test.NewTempWindow(t, nil)}
	b.window.SetPadded(false)
	atOnce := shell.Work(func(work func()) { work() })
	b.frame = shell.New(b.window, func(e desk.Event) { s.Do(e); b.draw() }, atOnce)
	b.draw()
	b.window.Resize(size)
	return b
}

func (b *bench) draw() { b.frame.Apply(b.Screen()) }

// key types a key as the window gets it: to the field with the cursor, or to
// the window.
func (b *bench) key(names ...fyne.KeyName) {
	for _, name := range names {
		k := &fyne.KeyEvent{Name: name}
		if f := b.window.Canvas().Focused(); f != nil {
			f.TypedKey(k)
			continue
		}
		b.window.Canvas().OnTypedKey()(k)
	}
}

// text types characters.
func (b *bench) text(s string) {
	for _, r := range s {
		if f := b.window.Canvas().Focused(); f != nil {
			f.TypedRune(r)
			continue
		}
		b.window.Canvas().OnTypedRune()(r)
	}
}

func (b *bench) sent() (out []desk.Command) {
	for _, e := range b.Effects {
		if s, ok := e.(desk.Send); ok {
			out = append(out, s.Command)
		}
	}
	return out
}

// find walks everything that is visible and collects the widgets of a type.
func find[W fyne.CanvasObject](o fyne.CanvasObject) (out []W) {
	if !o.Visible() {
		return nil
	}
	if w, ok := o.(W); ok {
		out = append(out, w)
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			out = append(out, find[W](child)...)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, find[W](child)...)
		}
	}
	return out
}

func TestScreensLookAsTheyShould(t *testing.T) {
	plays := map[string]func(desk.Prefs) *lookbook.Stage{}
	for _, s := range lookbook.Scenes() {
		plays[s.Name] = s.Play
	}
	for _, c := range []struct {
		file, scene string
		prefs       desk.Prefs
		size        fyne.Size
	}{
		{"login", "login-refused", desk.Prefs{}, floor},
		{"busy", "busy", desk.Prefs{}, floor},
		{"cash", "cash", desk.Prefs{}, floor},
		{"receipt", "receipt", desk.Prefs{}, floor},
		{"quarantine", "quarantine", desk.Prefs{}, floor},
		{"accept", "accept", desk.Prefs{}, floor},
		{"disconnected", "disconnected", desk.Prefs{}, floor},
		{"proof", "proof", desk.Prefs{}, floor},
		{"settings", "settings", desk.Prefs{Lang: desk.English}, floor},
		{"scaled-unknown", "unknown", desk.Prefs{Lang: desk.English, Dark: true}, scaled},
		{"scaled-cash", "cash", desk.Prefs{}, scaled},
		{"queue", "queue", desk.Prefs{Lang: desk.English}, floor},
		{"scaled-queue", "queue-prices", desk.Prefs{}, scaled},
		{"support", "support", desk.Prefs{}, floor},
		{"support-waiting", "support-waiting", desk.Prefs{}, floor},
		{"support-offline", "support-offline", desk.Prefs{Lang: desk.English, Dark: true}, floor},
		{"support-media", "support-media", desk.Prefs{}, floor},
		{"scaled-support", "support-canned", desk.Prefs{}, scaled},
		{"scaled-transfer", "support-transfer", desk.Prefs{}, scaled},
		{"login-code", "login-code", desk.Prefs{}, scaled},
		{"members", "members-card", desk.Prefs{}, floor},
		{"scaled-members", "members-card", desk.Prefs{Dark: true}, scaled},
		{"staff", "staff", desk.Prefs{Lang: desk.English}, floor},
		{"log", "log", desk.Prefs{}, floor},
		{"offers", "offers-card", desk.Prefs{}, floor},
		{"offers-add", "offers-refused", desk.Prefs{}, floor},
		{"scaled-offers", "offers", desk.Prefs{Lang: desk.English, Dark: true}, scaled},
		{"site", "site-bare", desk.Prefs{}, floor},
		{"scaled-site", "site-wrong", desk.Prefs{}, scaled},
		{"scaled-factor", "account-factor", desk.Prefs{}, scaled},
		{"backups", "backups", desk.Prefs{}, floor},
		{"backups-card", "backups-card", desk.Prefs{Lang: desk.English, Dark: true}, floor},
		{"restore", "restore-switch", desk.Prefs{}, floor},
		{"scaled-backups", "backups-trouble", desk.Prefs{}, scaled},
		{"scaled-restore", "restore-ready", desk.Prefs{Lang: desk.English}, scaled},
	} {
		t.Run(c.file, func(t *testing.T) {
			b := open(t, plays[c.scene](c.prefs), c.size)
			b.window.Canvas().Unfocus() // the cursor blinks
			test.AssertRendersToMarkup(t, c.file+".xml", b.window.Canvas())
		})
	}
}

func TestCashierWorksByKeyboardAlone(t *testing.T) {
	b := open(t, lookbook.NewStage(desk.Prefs{}), floor)
	b.text("2001")
	b.key(fyne.KeyEnter) // the keypad's Enter goes on to the password
	b.text("forecourt")
	b.Effects = nil
	b.key(fyne.KeyReturn)
	if len(b.Effects) != 1 || b.Effects[0] != (desk.Login{Number: "2001", Password: "forecourt"}) {
		t.Fatalf("the login form sent %+v", b.Effects)
	}

	busy := lookbook.Busy(desk.Prefs{})
	b = open(t, busy, floor)
	busy.Effects = nil
	b.text("3")
	b.key(fyne.KeyF1)
	b.text("200")
	b.key(fyne.KeyF8, fyne.KeyF8, fyne.KeyReturn, fyne.KeyEnter)
	got := b.sent()
	if len(got) != 1 || got[0].Pay == nil || got[0].Pay.Tendered != 200_00 || got[0].Pay.Due != 192_00 {
		t.Errorf("3, F1, 200, F8 sent %+v, want one payment", got)
	}
	b.key(fyne.KeyEscape)
	if p := busy.State.Screen().Panel; !p.Empty {
		t.Errorf("Escape left the panel at %q", p.Title)
	}
}

func TestEnterOfEitherSideOfTheKeyboardGoesOn(t *testing.T) {
	for _, enter := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter} {
		s := lookbook.Busy(desk.Prefs{})
		b := open(t, s, floor)
		s.Effects = nil
		b.text("3")
		b.key(enter)
		b.text("200")
		b.key(fyne.KeyBackspace)
		b.text("0")
		b.key(enter)
		if got := b.sent(); len(got) != 1 || got[0].Pay.Tendered != 200_00 {
			t.Errorf("%s: sent %+v", enter, got)
		}
	}
}

func TestKeysReachNothingUnderADialog(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	b := open(t, s, floor)
	b.text("7")
	s.Do(desk.OpenResolve{Act: "drive_off"})
	b.draw()
	note, ok := b.window.Canvas().Focused().(*parts.Entry)
	if !ok {
		t.Fatalf("the cursor is in %T, not in the reason", b.window.Canvas().Focused())
	}
	s.Effects = nil
	b.text("3 客人说忘了带钱")
	b.key(fyne.KeyF8, fyne.KeyF1, fyne.KeyF9)
	if len(b.sent()) != 0 || s.State.Screen().Dialog == nil {
		t.Fatalf("keys went through the dialog: %+v", b.sent())
	}
	if note.Text != "3 客人说忘了带钱" {
		t.Errorf("the reason reads %q", note.Text)
	}
	b.key(fyne.KeyReturn)
	got := b.sent()
	if len(got) != 1 || got[0].Resolve == nil || got[0].Resolve.Note != "3 客人说忘了带钱" {
		t.Errorf("sent %+v", got)
	}
	if f := b.window.Canvas().Focused(); f != nil {
		t.Errorf("after the dialog the cursor is still in %T: digits would not choose a nozzle", f)
	}
}

func TestFieldHandsWindowKeysOn(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	b := open(t, s, floor)
	b.text("7")
	s.Do(desk.OpenResolve{Act: "drive_off"})
	b.draw()
	b.key(fyne.KeyEscape)
	if s.State.Screen().Dialog != nil {
		t.Error("Escape in a field did not reach the window")
	}
}

func TestSameByTouch(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	b := open(t, s, floor)
	s.Effects = nil
	tiles := find[*board.Tile](b.window.Content())
	if len(tiles) != 16 {
		t.Fatalf("%d tiles", len(tiles))
	}
	b.touch(tiles[2])
	buttons := map[string]*parts.Button{}
	for _, button := range find[*parts.Button](b.window.Content()) {
		buttons[button.Label()] = button
	}
	for _, label := range []string{"2", "00", "收款", "收款"} {
		b.touch(buttons[label])
	}
	if got := b.sent(); len(got) != 1 || got[0].Pay.Tendered != 200_00 {
		t.Errorf("sent %+v", got)
	}
}

func (b *bench) touch(o fyne.CanvasObject) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	test.TapCanvas(b.window.Canvas(), at.AddXY(o.Size().Width/2, o.Size().Height/2))
}

func TestTargetsAreAFingerWide(t *testing.T) {
	for name, size := range map[string]fyne.Size{"floor": floor, "scaled": scaled} {
		pixels := floor.Width / size.Width
		b := open(t, lookbook.Cash(desk.Prefs{}), size)
		for _, button := range find[*parts.Button](b.window.Content()) {
			if got := button.Size(); got.Width*pixels < 48 || got.Height*pixels < 48 {
				t.Errorf("%s: button %q is %v points", name, button.Label(), got)
			}
		}
	}
}

func TestStopAllIsHeldByMouseAndByF12(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	b := open(t, s, floor)
	s.Effects = nil
	hold := find[*parts.Hold](b.window.Content())[0]
	hold.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	hold.MouseOut()
	s.Wait(2 * desk.HoldToConfirm)
	if len(b.sent()) != 0 {
		t.Error("a finger that slid away stopped the station")
	}
	hold.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	s.Wait(desk.HoldToConfirm)
	hold.MouseUp(&desktop.MouseEvent{})
	if got := b.sent(); len(got) != 1 || got[0].Kind != desk.CommandHoldAll {
		t.Errorf("sent %+v", got)
	}
	// F12 works even while a field has the cursor.
	s.Do(desk.Answered{Command: desk.Command{Kind: desk.CommandHoldAll}}, desk.Choose{Nozzle: 7}, desk.OpenResolve{Act: "drive_off"})
	b.draw()
	s.Effects = nil
	field := b.window.Canvas().Focused().(desktop.Keyable)
	field.KeyDown(&fyne.KeyEvent{Name: fyne.KeyF12})
	s.Wait(desk.HoldToConfirm)
	field.KeyUp(&fyne.KeyEvent{Name: fyne.KeyF12})
	if got := b.sent(); len(got) != 1 {
		t.Errorf("F12 sent %+v", got)
	}
}

func TestThirtyTwoNozzlesScrollDownAndNeverSideways(t *testing.T) {
	for _, size := range []fyne.Size{floor, scaled} {
		var many *lookbook.Stage
		for _, s := range lookbook.Scenes() {
			if s.Name == "many" {
				many = s.Play(desk.Prefs{})
			}
		}
		b := open(t, many, size)
		tiles := find[*board.Tile](b.window.Content())
		if len(tiles) != 32 {
			t.Fatalf("%d tiles", len(tiles))
		}
		for _, tile := range tiles {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(tile)
			if at.X < 0 || at.X+tile.Size().Width > size.Width-300 {
				t.Errorf("a tile lies from %v to %v of %v", at.X, at.X+tile.Size().Width, size.Width)
			}
		}
	}
}

func TestLanguageAndColoursChangeAtOnce(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	b := open(t, s, floor)
	s.Do(desk.SetPrefs{Prefs: desk.Prefs{Lang: desk.English, Dark: true}})
	b.draw()
	found := false
	for _, button := range find[*parts.Button](b.window.Content()) {
		found = found || button.Label() == "Pay"
	}
	if !found {
		t.Error("no button says Pay")
	}
	b.text("3")
	if got := s.State.Screen().Panel.Title; got != "Nozzle 3 · 92#" {
		t.Errorf("after the change the keys chose %q", got)
	}
}
