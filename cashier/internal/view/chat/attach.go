package chat

import (
	"io"

	"forecourt/cashier/internal/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

// pictureNames are the endings of the pictures that can be sent.
var pictureNames = []string{".jpg", ".jpeg", ".png", ".webp"}

// PickPicture lets a file be chosen and sends what is in it.
func (v *Page) PickPicture() {
	k := v.kit
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if err == nil && file != nil {
			attach(k, file)
		}
	}, k.window)
	d.SetFilter(storage.NewExtensionFileFilter(pictureNames))
	d.SetTitleText(k.say(wordChoose))
	d.SetConfirmText(k.say(wordSendIt))
	d.SetDismissText(k.say(wordCancel))
	d.Show()
	size := k.window.Canvas().Size()
	d.Resize(fyne.NewSize(size.Width*0.8, size.Height*0.8)) // it has no size before it is shown
}

// attach reads a file outside the UI's goroutine, and no more of it than
// shows that it is too large to send. A file that cannot be read
// goes on empty: the state says what is wrong with it.
func attach(k *kit, file fyne.URIReadCloser) {
	name := file.URI().Name()
	k.work(func() {
		data, err := io.ReadAll(io.LimitReader(file, desk.MaxAttachment+1))
		if closed := file.Close(); err != nil || closed != nil {
			data = nil
		}
		fyne.Do(func() { k.send(desk.ChatAttach{Name: name, Data: data}) })
	})
}
