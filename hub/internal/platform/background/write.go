package background

import (
	"os"

	"golang.org/x/sys/unix"
)

// sentBytes is how much of a file is on its way to the disk at a time.
const sentBytes = 1 << 20

// Writer is a large file that goes to the disk as it is written, a little at a
// time, and does not push anything else out of memory.
type Writer struct {
	file *os.File
	at   int64 // how much was written
	sent int64 // how much of that was sent to the disk
}

// Write writes a file from its beginning.
func Write(f *os.File) *Writer { return &Writer{file: f} }

// Write writes a piece.
func (w *Writer) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	if w.at += int64(n); w.at-w.sent >= sentBytes {
		w.send()
	}
	return n, err
}

// send has the disk begin with what was written last, waits for what came before
// it, and lets that go from memory. All of it is advice: a file system that knows
// none of it loses nothing, for Sync is what makes the file durable.
func (w *Writer) send() {
	fd := int(w.file.Fd())
	_ = unix.SyncFileRange(fd, w.sent, w.at-w.sent, unix.SYNC_FILE_RANGE_WRITE)
	if before := max(0, w.sent-sentBytes); before < w.sent {
		const all = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
		_ = unix.SyncFileRange(fd, before, w.sent-before, all)
		_ = unix.Fadvise(fd, before, w.sent-before, unix.FADV_DONTNEED)
	}
	w.sent = w.at
}

// Sync makes what was written durable, and lets it go from memory.
func (w *Writer) Sync() error {
	err := w.file.Sync()
	_ = unix.Fadvise(int(w.file.Fd()), 0, w.at, unix.FADV_DONTNEED)
	return err
}

// Close closes the file.
func (w *Writer) Close() error { return w.file.Close() }
