package place

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/sftp"
)

const (
	// sftpAhead is how much is read or written ahead of the server's answers,
	// in bytes: a line of 100 Mbit/s and 80 ms is full with it.
	sftpAhead = 1 << 20
	// sftpRequest is the largest request that every server takes, in bytes
	// (draft-ietf-secsh-filexfer-02, section 3: 34000 with its head).
	sftpRequest = 32 << 10
	// sftpNames is how many names are tried for an unfinished file. One may be
	// left by a crash; all of them are not.
	sftpNames = 4
)

// Put stores an object: written beside its place, synced, linked there, and
// looked at.
func (s *SFTP) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkPut(key, size); err != nil {
		return err
	}
	var half string // the unfinished file, as long as there may be one
	err := s.do(ctx, "storing "+key, func(l *line) (err error) {
		if err := s.vacant(l, key); err != nil {
			return err
		}
		if half, err = s.upload(l, key, r, size); err != nil {
			return err
		}
		linked, err := s.publish(l, half, key)
		if err != nil {
			return err
		}
		if !linked || l.sftp.Remove(s.file(half)) == nil {
			half = ""
		}
		return s.settle(l, key, size)
	})
	if half != "" {
		s.sweep(ctx, half)
	}
	return err
}

// sweep removes an unfinished file, over another connection if need be. If that
// fails too, Tidy finds it.
func (s *SFTP) sweep(ctx context.Context, half string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.o.Stall, sshDialTimeout))
	defer cancel()
	_ = s.do(ctx, "clearing away "+half, func(l *line) error { return s.remove(l, half) })
}

// vacant answers ErrExists if the key is taken.
func (s *SFTP) vacant(l *line, key string) error {
	_, err := l.sftp.Lstat(s.file(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		return ErrExists
	}
	return err
}

// upload writes r to a file beside its place. Its name is "" if there is
// certainly none.
func (s *SFTP) upload(l *line, key string, r io.Reader, size int64) (half string, err error) {
	file, half, err := s.create(l, key)
	if err != nil {
		return half, err
	}
	body := &exact{within{l.watch.ctx, r}, size}
	n, err := file.ReadFromWithConcurrency(body, sftpAhead/sftpRequest)
	if err == nil && n != size {
		err = fmt.Errorf("%w: %d bytes written of %d", ErrSize, n, size)
	}
	if _, offered := l.sftp.HasExtension(extSync); err == nil && offered {
		err = file.Sync()
	}
	if err != nil {
		_ = file.Close()
		return half, err
	}
	if err := file.Close(); err != nil {
		return half, err
	}
	return half, s.holds(l, half, size)
}

// holds asks the server how large a file is: one whose disk is full may have
// said nothing.
func (s *SFTP) holds(l *line, name string, size int64) error {
	info, err := l.sftp.Lstat(s.file(name))
	if err != nil {
		return fmt.Errorf("the server took it, and then: %w", err)
	}
	if info.Size() != size {
		return fmt.Errorf("%w: the server took %d bytes and holds %d", ErrSize, size, info.Size())
	}
	return nil
}

// create makes the directories of a key and the file to write it to at first,
// whose name is "" if there is certainly none.
func (s *SFTP) create(l *line, key string) (file *sftp.File, half string, err error) {
	s.parents.Lock()
	defer s.parents.Unlock()
	if err := s.makeParents(l, path.Dir(key)); err != nil {
		return nil, "", err
	}
	for range sftpNames {
		name := fmt.Sprintf("%s%d-%d-%s", unfinished, os.Getpid(), s.puts.Add(1), path.Base(key))
		half = path.Join(path.Dir(key), name)
		opened, failed := l.sftp.OpenFile(s.file(half), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if failed == nil {
			return opened, half, nil
		}
		if !answered(failed) { // it may have been made
			return nil, half, failed
		}
		err = failed // this version of the protocol cannot say that there is one
	}
	return nil, "", err
}

// answered says whether an error is the server's answer.
func answered(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// makePlace makes the place's own directory, if nothing was stored there yet.
func (s *SFTP) makePlace(l *line) error {
	s.parents.Lock()
	defer s.parents.Unlock()
	return s.makeParents(l, ".")
}

// makeParents makes the directories down to dir, the place's own included, for
// the account alone.
func (s *SFTP) makeParents(l *line, dir string) error {
	name := s.file(dir)
	info, err := l.sftp.Stat(name)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s is no directory", name)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if dir != "." {
		if err := s.makeParents(l, path.Dir(dir)); err != nil {
			return err
		}
		return s.makeDir(l, name)
	}
	if err := l.sftp.MkdirAll(path.Dir(name)); err != nil {
		return err
	}
	return s.makeDir(l, name)
}

// makeDir makes one directory. Another connection may have been faster.
func (s *SFTP) makeDir(l *line, name string) error {
	err := l.sftp.Mkdir(name)
	if err != nil {
		if info, looking := l.sftp.Stat(name); looking == nil && info.IsDir() {
			return nil
		}
		return err
	}
	_ = l.sftp.Chmod(name, dirMode) // not every server has rights to set
	s.syncDir(l, path.Dir(name))
	return nil
}

// publish gives an unfinished file its name, if nobody has it. A linked one has
// two names then.
func (s *SFTP) publish(l *line, half, key string) (linked bool, err error) {
	if _, offered := l.sftp.HasExtension(extLink); offered {
		if l.sftp.Link(s.file(half), s.file(key)) == nil {
			return true, nil
		}
		// Taken, or a file system without links.
	}
	s.naming.Lock()
	defer s.naming.Unlock()
	if err := s.vacant(l, key); err != nil {
		return false, err
	}
	return false, l.sftp.Rename(s.file(half), s.file(key))
}

// settle makes a name durable and looks at what has it.
func (s *SFTP) settle(l *line, key string, size int64) error {
	s.syncDir(l, path.Dir(s.file(key)))
	err := s.holds(l, key, size)
	if errors.Is(err, ErrSize) {
		return errors.Join(err, s.remove(l, key))
	}
	return err
}

// syncDir makes a directory's entries durable where the server lets it: it is
// not among the things that the protocol promises.
func (s *SFTP) syncDir(l *line, name string) {
	if _, offered := l.sftp.HasExtension(extSync); !offered {
		return
	}
	dir, err := l.sftp.Open(name)
	if err != nil {
		return
	}
	_ = dir.Sync()
	_ = dir.Close()
}

// Get opens an object. It keeps a connection until it is closed.
func (s *SFTP) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	l, err := s.lines.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading %s in %s: %w", key, s.Where(), err)
	}
	object, err := s.open(l, key)
	if err != nil {
		err = l.watch.why(err)
		s.lines.give(l, err)
		return nil, fmt.Errorf("reading %s in %s: %w", key, s.Where(), err)
	}
	l.watch.pause()
	return object, nil
}

func (s *SFTP) open(l *line, key string) (*opened, error) {
	info, err := l.sftp.Lstat(s.file(key))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	file, err := l.sftp.Open(s.file(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &opened{
		// A large read is asked for in many requests at once.
		r: bufio.NewReaderSize(file, sftpAhead), left: info.Size(), w: l.watch,
		close: func(failed error) error {
			l.watch.moved()
			err := file.Close()
			s.lines.give(l, errors.Join(failed, err))
			if failed != nil {
				return nil // said already
			}
			return err
		},
	}, nil
}

// Tidy removes what a crash left half written, and counts it. How old it is
// goes by the server's clock.
func (s *SFTP) Tidy(ctx context.Context) (removed int, err error) {
	err = s.do(ctx, "tidying", func(l *line) error {
		var halves []string
		var written []time.Time
		err := s.walk(l, ".", func(key string, info fs.FileInfo) error {
			if strings.HasPrefix(path.Base(key), unfinished) {
				halves, written = append(halves, key), append(written, info.ModTime())
			}
			return nil
		})
		if err != nil || len(halves) == 0 {
			return err
		}
		now, err := s.clock(l)
		for i, half := range halves {
			if err == nil && now.Sub(written[i]) >= unfinishedAge {
				err = s.remove(l, half)
				removed++
			}
		}
		return err
	})
	return removed, err
}

// clock reads the server's clock: the time of a file that was just made.
func (s *SFTP) clock(l *line) (time.Time, error) {
	file, half, err := s.create(l, "clock-"+strconv.Itoa(os.Getpid()))
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = s.remove(l, half) }()
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
