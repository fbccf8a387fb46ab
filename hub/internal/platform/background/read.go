package background

import (
	"bufio"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// askedBytes is how much the disk is asked for at a time.
const askedBytes = 256 << 10

// Reader is a large file that is asked for piece by piece and does not stay in
// memory; while a piece is worked on, the next is on its way. What was written a
// moment ago comes from the disk, not from memory, if it was written with Write
// and synced.
type Reader struct {
	buffered *bufio.Reader
	file     *os.File
}

// Read reads a file from where it stands.
func Read(f *os.File) *Reader {
	const whole = 0
	_ = unix.Fadvise(int(f.Fd()), 0, whole, unix.FADV_RANDOM) // nothing is read ahead but the next piece
	return &Reader{bufio.NewReaderSize(pieces{f}, askedBytes), f}
}

// Read reads some.
func (r *Reader) Read(b []byte) (int, error) { return r.buffered.Read(b) }

// Seek goes to another place in the file.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		offset -= int64(r.buffered.Buffered())
	}
	at, err := r.file.Seek(offset, whence)
	r.buffered.Reset(pieces{r.file})
	return at, err
}

// Close closes the file and lets all of it go from memory.
func (r *Reader) Close() error {
	const whole = 0
	_ = unix.Fadvise(int(r.file.Fd()), 0, whole, unix.FADV_DONTNEED)
	return r.file.Close()
}

// pieces asks for a piece at a time, whoever asks for more.
type pieces struct{ file *os.File }

// Read reads a piece and has the disk look for the next.
func (p pieces) Read(b []byte) (int, error) {
	n, err := p.file.Read(b[:min(len(b), askedBytes)])
	if at, failed := p.file.Seek(0, io.SeekCurrent); failed == nil && n > 0 {
		_ = unix.Fadvise(int(p.file.Fd()), at, askedBytes, unix.FADV_WILLNEED)
	}
	return n, err
}
