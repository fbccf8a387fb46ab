package shell

import (
	"forecourt/cashier/internal/desk"

	"fyne.io/fyne/v2"
	files "fyne.io/fyne/v2/dialog"
)

// SaveFile asks where a file is to be saved; name is how it might be called.
// then is called once with the path, or with nothing if none was chosen. The
// file is there by then, and empty.
func (s *Shell) SaveFile(name string, then func(path string)) {
	if s.main == nil || s.covered() {
		then("")
		return
	}
	d := files.NewFileSave(func(file fyne.URIWriteCloser, err error) { then(chosenPath(file, err)) }, s.window)
	d.SetFileName(name)
	title, confirm, dismiss := "保存到", "保存", "取消"
	if s.lang == desk.English {
		title, confirm, dismiss = "Save as", "Save", "Cancel"
	}
	d.SetTitleText(title)
	d.SetConfirmText(confirm)
	d.SetDismissText(dismiss)
	d.Show()
	size := s.window.Canvas().Size()
	d.Resize(fyne.NewSize(size.Width*0.8, size.Height*0.8)) // it has no size before it is shown
}

// chosenPath is where the file is to be written; "" if it cannot be.
func chosenPath(file fyne.URIWriteCloser, err error) string {
	if err != nil || file == nil {
		return ""
	}
	path := file.URI().Path()
	if err := file.Close(); err != nil {
		return ""
	}
	return path
}
