package simulator

import (
	"fmt"
	"io"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openPTY makes a pseudo-terminal that passes every byte as it is, and a link
// to the end that a driver opens as if it were a serial port. A link that is
// there already is replaced; any other file is not.
func openPTY(link string) (io.ReadWriteCloser, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	waker, err := pollable(master)
	if err != nil {
		_ = slave.Close()
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	line := &ptyLine{File: waker, slave: slave, link: link}
	if err := raw(slave); err != nil {
		_ = line.Close()
		return nil, fmt.Errorf("making the pseudo-terminal raw: %w", err)
	}
	if old, err := os.Lstat(link); err == nil && old.Mode()&os.ModeSymlink != 0 {
		_ = os.Remove(link)
	}
	if err := os.Symlink(slave.Name(), link); err != nil {
		_ = line.Close()
		return nil, fmt.Errorf("linking the pseudo-terminal: %w", err)
	}
	line.linked = true
	return line, nil
}

// pollable is the same file opened so that Close wakes a Read that waits; the
// given one is closed.
func pollable(f *os.File) (*os.File, error) {
	defer func() { _ = f.Close() }()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// raw turns off what a terminal does with bytes: echo, lines, signals,
// translation.
func raw(f *os.File) error {
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t)
}

// ptyLine is the dispensers' end. The other end is kept open, so that the
// line survives a driver that goes away.
type ptyLine struct {
	*os.File
	slave  *os.File
	link   string
	linked bool
}

// Close takes the link away too.
func (l *ptyLine) Close() error {
	if l.linked {
		_ = os.Remove(l.link)
	}
	_ = l.slave.Close()
	return l.File.Close()
}
