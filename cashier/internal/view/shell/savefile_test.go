package shell

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
)

func TestChosenFileIsItsPath(t *testing.T) {
	test.NewTempApp(t)
	path := filepath.Join(t.TempDir(), "导出.csv")
	file, err := storage.Writer(storage.NewFileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	if got := chosenPath(file, nil); got != path {
		t.Errorf("the path is %q, want %q", got, path)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Errorf("the file cannot be written: %v", err)
	}
	if got := chosenPath(nil, nil); got != "" {
		t.Errorf("nothing chosen gives %q", got)
	}
	if got := chosenPath(file, errors.New("no room")); got != "" {
		t.Errorf("a file that cannot be made gives %q", got)
	}
}
