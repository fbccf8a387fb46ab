package place

import (
	"os"

	"golang.org/x/sys/unix"
)

// steadyBytes is how much of a file is on its way to the disk at a time. A large
// file that is synced at its end keeps the disk busy for as long as it takes to
// write all of it, and every commit of the station's database on that disk waits
// so long.
const steadyBytes = 1 << 20

// SteadyFile is a large file that goes to the disk as it is written, a little at
// a time, and does not push anything else out of memory.
type SteadyFile struct {
	file *os.File
	at   int64 // how much was written
	sent int64 // how much of that was sent to the disk
}

// Steadily writes a file steadily from its beginning.
func Steadily(f *os.File) *SteadyFile { return &SteadyFile{file: f} }

// Write writes a piece.
func (s *SteadyFile) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	if s.at += int64(n); s.at-s.sent >= steadyBytes {
		s.send()
	}
	return n, err
}

// send has the disk begin with what was written last, waits for what came before
// it, and lets that go from memory. All of it is advice: a file system that knows
// none of it loses nothing, for Sync is what makes the file durable.
func (s *SteadyFile) send() {
	fd := int(s.file.Fd())
	_ = unix.SyncFileRange(fd, s.sent, s.at-s.sent, unix.SYNC_FILE_RANGE_WRITE)
	if before := max(0, s.sent-steadyBytes); before < s.sent {
		const all = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
		_ = unix.SyncFileRange(fd, before, s.sent-before, all)
		_ = unix.Fadvise(fd, before, s.sent-before, unix.FADV_DONTNEED)
	}
	s.sent = s.at
}

// Sync makes what was written durable.
func (s *SteadyFile) Sync() error { return s.file.Sync() }

// Close closes the file.
func (s *SteadyFile) Close() error { return s.file.Close() }
