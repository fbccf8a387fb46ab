package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"forecourt/hub/internal/domain/notice"
)

// maxFile bounds the file: it is for trying things out, and nobody empties it.
const maxFile = 64 << 20

// File appends messages to a file, one JSON object a line, each in one write:
// several processes may share it, and a reader sees whole lines. It is for the
// demonstration station and for tests; it holds numbers and codes, and only
// its owner may read it.
type File struct{ path string }

// NewFile makes a File; the file itself is made with its first message.
func NewFile(path string) File { return File{path} }

// Send implements notice.Notifier.
func (f File) Send(_ context.Context, to notice.To, m notice.Message) error {
	line, err := json.Marshal(bodyOf(to, m))
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	out, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the file of messages: %w", err)
	}
	err = check(out)
	if err == nil {
		_, err = out.Write(append(line, '\n'))
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("writing a message to %s: %w", f.path, err)
	}
	return nil
}

// check refuses a file that others may read, or that has grown too large.
func check(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a file")
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others than its owner may read it (mode %04o); run chmod 600 on it", info.Mode().Perm())
	case info.Size() > maxFile:
		return fmt.Errorf("it has more than %d MiB; remove it", maxFile>>20)
	}
	return nil
}
