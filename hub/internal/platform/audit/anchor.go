package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Names of the files of the second place.
const (
	anchorFile = "forecourt-log.anchors"
	publicFile = "forecourt-log.pub"
)

// maxAnchorLine bounds a line of the file; an honest one is a signature of
// under 200 bytes.
const maxAnchorLine = 4096

// Anchors is the second place that signed checkpoints are written to: a file
// that is only added to, in a directory that may lie on another machine. It
// holds one signed note after the other, an empty line between; the public key
// lies beside it. Whoever cuts off the end of the log cannot take back what is
// written there.
type Anchors struct{ dir string }

// NewAnchors names the directory, which is made when it is first needed.
func NewAnchors(dir string) *Anchors { return &Anchors{dir: dir} }

// String is where it is.
func (a *Anchors) String() string { return filepath.Join(a.dir, anchorFile) }

// append adds a note and returns when it is on the disk.
func (a *Anchors) append(public string, signed []byte) (err error) {
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return fmt.Errorf("making the anchors' directory: %w", err)
	}
	if err := a.publish(public); err != nil {
		return err
	}
	f, err := os.OpenFile(a.String(), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("opening the anchors: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// A note that was cut short by a crash is ended here: it has no signature
	// and counts for nothing.
	text := append([]byte("\n"), signed...)
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("writing an anchor: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("writing an anchor to the disk: %w", err)
	}
	return syncDir(a.dir)
}

// SetAside has the second place begin anew, for a log that is taken back to an
// earlier moment. What is there stays beside it under the name's file: it is the
// proof of what was taken back. That there is nothing is no error.
func (a *Anchors) SetAside(name string) error {
	err := os.Rename(a.String(), a.String()+".before-"+name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("setting the anchors aside: %w", err)
	}
	return syncDir(a.dir)
}

// publish leaves the public key beside the anchors. A further key, after the
// hub's keys were made anew, is added to the ones before it.
func (a *Anchors) publish(public string) error {
	path := filepath.Join(a.dir, publicFile)
	known, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the log's public key: %w", err)
	}
	if bytes.Contains(known, []byte(public)) {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("writing the log's public key: %w", err)
	}
	_, err = io.WriteString(f, public+"\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing the log's public key: %w", err)
	}
	return nil
}

// syncDir makes a new file's name durable. Some shared file systems know no
// such thing of a directory, and keep the name anyway.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the anchors' directory: %w", err)
	}
	_ = d.Sync()
	return d.Close()
}

// opened is the anchors as of a moment: what is added later is not read.
type opened struct {
	file *os.File
	size int64
}

// open opens what is there now. There may be nothing yet.
func (a *Anchors) open() (*opened, error) {
	f, err := os.Open(a.String())
	if errors.Is(err, os.ErrNotExist) {
		return &opened{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the anchors: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the anchors: %w", err), f.Close())
	}
	return &opened{file: f, size: info.Size()}, nil
}

func (o *opened) close() {
	if o.file != nil {
		_ = o.file.Close() // it was only read
	}
}

// notes are the signed notes, oldest first. A note without a signature at its
// end was cut short by a crash and is passed over.
func (o *opened) notes() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if o.file == nil {
			return
		}
		lines := bufio.NewScanner(io.NewSectionReader(o.file, 0, o.size))
		lines.Buffer(make([]byte, 0, maxAnchorLine), maxAnchorLine)
		var text strings.Builder
		for lines.Scan() {
			line := lines.Text()
			if line == origin || text.Len() > maxAnchorLine {
				text.Reset()
			}
			text.WriteString(line + "\n")
			if strings.HasPrefix(line, "— ") {
				if !yield([]byte(text.String()), nil) {
					return
				}
				text.Reset()
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("reading the anchors: %w", err))
		}
	}
}
