package chat

import (
	"slices"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// covered opens a page whose Over lies in the window as the shell lays it.
func covered(t *testing.T) *bench {
	b := open(t, desk.Chinese)
	b.kit.window.SetContent(container.NewWithoutLayout(b.Page, b.Over()))
	b.Page.Resize(fyne.NewSize(1282, 684))
	b.Over().Resize(fyne.NewSize(1366, 744))
	return b
}

func agents() *desk.TransferForm {
	return &desk.TransferForm{
		Title: "转接给", NoteLabel: "说明", Back: desk.Button{Label: "放回等待", On: true}, Cancel: desk.Button{Label: "取消", On: true},
		Agents: []desk.AgentRow{
			{Staff: id.Staff{1}, Name: "客服 4002", On: true}, {Staff: id.Staff{2}, Name: "客服 4003", On: true, Chosen: true}, {Staff: id.Staff{3}, Name: "客服 4004"},
		},
	}
}

func TestTransferTakesTheNoteAlong(t *testing.T) {
	b := covered(t)
	b.show(func(c *desk.Chat) { c.Transfer = agents() })
	form := b.Over().transfer
	if !b.Over().Covers() || b.kit.window.Canvas().Focused() != form.note {
		t.Fatalf("open is %v, the cursor is in %T", b.Over().Covers(), b.kit.window.Canvas().Focused())
	}
	test.Type(form.note, "车主着急")
	b.show(func(c *desk.Chat) { c.Transfer = agents() })
	press(form.note, fyne.KeyDown, fyne.KeyUp, fyne.KeyEscape)
	if !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyEscape}) {
		t.Errorf("handed on %v", b.keys)
	}
	press(form.note, fyne.KeyReturn)
	tap(form.rows[0])
	tap(form.rows[2]) // not there: nothing
	tap(form.back)
	tap(form.cancel)
	tap(form)
	wantSent(t, "the form", b.take(),
		desk.ChatTransfer{To: id.Staff{2}, Note: "车主着急"}, desk.ChatTransfer{To: id.Staff{1}, Note: "车主着急"},
		desk.ChatTransfer{Note: "车主着急"}, desk.ChatOpenTransfer{})
	b.show(func(c *desk.Chat) { c.Transfer = nil })
	if b.Over().Covers() || b.kit.window.Canvas().Focused() != b.talk.composer.area {
		t.Errorf("open is still %v, and the cursor is in %T", b.Over().Covers(), b.kit.window.Canvas().Focused())
	}
	b.show(func(c *desk.Chat) { c.Transfer = agents() })
	if form.note.Text != "" {
		t.Errorf("the next note begins with %q", form.note.Text)
	}
}

func TestRepliesWithAFieldOfTheirOwn(t *testing.T) {
	b := open(t, desk.Chinese)
	rows := []desk.CannedRow{{Canned: id.Canned{1}, Title: "请稍等", Keys: "qsd"}, {Canned: id.Canned{2}, Title: "开发票", Pictures: "2 图", Chosen: true}}
	b.show(func(c *desk.Chat) { c.Picker = &desk.CannedPicker{Title: "常用回复", Own: true, Rows: rows} })
	p := b.talk.picker
	if b.kit.window.Canvas().Focused() != p.search {
		t.Fatalf("the cursor is in %T", b.kit.window.Canvas().Focused())
	}
	test.Type(p.search, "发")
	wantSent(t, "searching", b.take(), desk.ChatSearch{Text: "发"})
	press(p.search, fyne.KeyUp, fyne.KeyDown, fyne.KeyReturn, fyne.KeyEscape)
	if !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyUp, fyne.KeyDown, fyne.KeyReturn, fyne.KeyEscape}) {
		t.Errorf("handed on %v", b.keys)
	}
	tap(p.rows[0])
	wantSent(t, "a reply", b.take(), desk.ChatPick{Canned: id.Canned{1}})
	if bottom := p.Position().Y + p.Size().Height; bottom > b.talk.composer.Position().Y {
		t.Errorf("the list ends at %v, over the composer at %v", bottom, b.talk.composer.Position().Y)
	}
	b.show(func(c *desk.Chat) { c.Picker = nil })
	if b.kit.window.Canvas().Focused() != b.talk.composer.area {
		t.Errorf("then the cursor is in %T", b.kit.window.Canvas().Focused())
	}
	b.show(func(c *desk.Chat) { c.Picker = &desk.CannedPicker{Title: "常用回复", Rows: rows} })
	if b.kit.window.Canvas().Focused() != b.talk.composer.area || p.search.Visible() {
		t.Error("typed after a slash, the composer is the search")
	}
}

func TestViewerOpensOverTheWindowAndClosesByTouch(t *testing.T) {
	b := covered(t)
	b.later = true
	b.show(func(c *desk.Chat) {
		c.Viewer = &desk.Viewer{Text: "正在读取…", Close: desk.Button{Label: "关闭", On: true}}
	})
	if f := b.kit.window.Canvas().Focused(); f != nil || b.Write() {
		t.Errorf("under the picture the cursor is in %T", f)
	}
	v := b.Over().viewer
	if v.text.Text != "正在读取…" || v.image.Visible() {
		t.Errorf("while it loads: %q, a picture is %v", v.text.Text, v.image.Visible())
	}
	b.show(func(c *desk.Chat) { c.Viewer = &desk.Viewer{Image: lookbook.Phone(), Close: c.Viewer.Close} })
	for _, work := range b.held {
		work()
	}
	if v.text.Text != "" || !v.image.Visible() {
		t.Errorf("when it has come: %q, a picture is %v", v.text.Text, v.image.Visible())
	}
	tap(v)
	tap(v.shut)
	wantSent(t, "the picture", b.take(), desk.ChatView{}, desk.ChatView{})
	b.show(func(c *desk.Chat) {
		c.Viewer = &desk.Viewer{Image: &desk.Image{Data: []byte("no picture")}, Close: c.Viewer.Close}
	})
	b.later = false
	for _, work := range b.held {
		work()
	}
	if v.text.Text != "图片无法显示" || v.image.Visible() {
		t.Errorf("a broken picture says %q", v.text.Text)
	}
	b.show(func(c *desk.Chat) { c.Viewer = nil })
	if b.Over().Covers() || v.image.Image != nil {
		t.Error("the picture is still held")
	}
}
