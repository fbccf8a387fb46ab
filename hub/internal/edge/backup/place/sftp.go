package place

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// The extensions of OpenSSH that are used where a server offers them
// (OpenSSH, PROTOCOL, section 4).
const (
	extLink = "hardlink@openssh.com"
	extSync = "fsync@openssh.com"
	extFree = "statvfs@openssh.com"
)

// SFTPOptions says which directory of which server.
type SFTPOptions struct {
	// Address is the server's host and port: "nas.example.cn:22".
	Address string
	// User is the account's name.
	User string
	// Dir is the directory, absolute or below the one the account begins in. It
	// is made if it is not there.
	Dir string
	// HostKey is the server's key: "ssh-ed25519 AAAA..." as in known_hosts, or
	// its fingerprint "SHA256:...". A server that shows another is refused.
	HostKey string
	// KeyFile holds the account's private key, without a passphrase; only its
	// owner may read it. Either KeyFile or Password is needed.
	KeyFile string
	// Password is the account's.
	Password string
	// Stall is how long nothing may move before a call is given up; 0 means
	// DefaultStall.
	Stall time.Duration
}

// SFTP keeps objects as files of a server that is reached by SSH. It connects
// when it is first used, and again after a connection broke.
//
// Where the server offers it, files are synced before they get their name, and
// get it by a link, which never replaces; every OpenSSH server does. Elsewhere
// durability is the server's promise, and a key is looked up before it is used.
type SFTP struct {
	o     SFTPOptions
	lines *lines
	puts  atomic.Uint64 // names unfinished files
	// parents is held while directories are made for a file or removed after
	// one, so that none goes in between.
	parents sync.Mutex
	// naming is held from looking whether a key is taken to taking it, where a
	// server cannot do both at once.
	naming sync.Mutex
}

// OpenSFTP prepares a server for use. It does not connect.
func OpenSFTP(o SFTPOptions) (*SFTP, error) {
	if o.Address == "" || o.User == "" || o.Dir == "" {
		return nil, errors.New("a place of backups reached by SFTP needs an address, a user and a directory")
	}
	if o.Stall <= 0 {
		o.Stall = DefaultStall
	}
	o.Dir = path.Clean(o.Dir)
	pinned, err := parsePin(o.HostKey)
	if err != nil {
		return nil, err
	}
	auth, err := authOf(o)
	if err != nil {
		return nil, err
	}
	return &SFTP{o: o, lines: newLines(o, pinned, auth)}, nil
}

// authOf is how an account shows that it is one.
func authOf(o SFTPOptions) ([]ssh.AuthMethod, error) {
	if o.KeyFile != "" {
		key, err := readKey(o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the key of the account on %s: %w", o.Address, err)
		}
		return []ssh.AuthMethod{ssh.PublicKeys(key)}, nil
	}
	if o.Password == "" {
		return nil, fmt.Errorf("the account on %s needs a key or a password", o.Address)
	}
	// Some servers take a password only as the answer to a question.
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = o.Password
		}
		return answers, nil
	}
	return []ssh.AuthMethod{ssh.Password(o.Password), ssh.KeyboardInteractive(answer)}, nil
}

// readKey reads a private key that nobody else can.
func readKey(file string) (ssh.Signer, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s is open to others (%v); run chmod 600 on it", file, info.Mode().Perm())
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, fmt.Errorf("%s is protected by a passphrase, which nobody is there to type", file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no private key: %w", file, err)
	}
	return key, nil
}

// Where is the account, the server and the directory.
func (s *SFTP) Where() string {
	return fmt.Sprintf("sftp://%s@%s/%s", s.o.User, s.o.Address, strings.TrimPrefix(s.o.Dir, "/"))
}

// Close ends the connections that nobody uses.
func (s *SFTP) Close() error {
	s.lines.close()
	return nil
}

// file is the path of a key on the server.
func (s *SFTP) file(key string) string { return path.Join(s.o.Dir, key) }

// do runs an operation on a connection of its own.
func (s *SFTP) do(ctx context.Context, what string, operation func(l *line) error) error {
	l, err := s.lines.take(ctx)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", what, s.Where(), err)
	}
	err = l.watch.why(operation(l))
	s.lines.give(l, err)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", what, s.Where(), err)
	}
	return nil
}

// List lists objects.
func (s *SFTP) List(ctx context.Context, prefix string) ([]Object, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	var found []Object
	err := s.do(ctx, "listing", func(l *line) error {
		return s.walk(l, above(prefix), func(key string, info fs.FileInfo) error {
			if !strings.HasPrefix(key, prefix) || checkKey(key) != nil {
				return nil
			}
			if len(found) == maxListed {
				return ErrTooMany
			}
			found = append(found, Object{key, info.Size(), info.ModTime()})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return ascending(found), nil
}

// walk calls each for every regular file below dir, which is relative to the
// place. What goes away meanwhile is passed over.
func (s *SFTP) walk(l *line, dir string, each func(key string, info fs.FileInfo) error) error {
	entries, err := l.sftp.ReadDirContext(l.watch.ctx, s.file(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		key := path.Join(dir, entry.Name())
		switch {
		case entry.IsDir() && plainPart(entry.Name()):
			err = s.walk(l, key, each)
		case entry.Mode().IsRegular():
			err = each(key, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Delete removes an object, and the directories that it leaves empty.
func (s *SFTP) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return s.do(ctx, "removing "+key, func(l *line) error { return s.remove(l, key) })
}

func (s *SFTP) remove(l *line, key string) error {
	info, err := l.sftp.Lstat(s.file(key))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.IsDir()) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := l.sftp.Remove(s.file(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.prune(l, key)
	return nil
}

// prune removes the directories above key that are empty.
func (s *SFTP) prune(l *line, key string) {
	s.parents.Lock()
	defer s.parents.Unlock()
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if l.sftp.RemoveDirectory(s.file(dir)) != nil { // not empty, most likely
			return
		}
	}
}

// Free is what the server's disk has left for the account, -1 if the server
// cannot say.
func (s *SFTP) Free(ctx context.Context) (free int64, err error) {
	err = s.do(ctx, "asking what is free", func(l *line) error {
		free = -1
		if _, offered := l.sftp.HasExtension(extFree); !offered {
			return nil
		}
		if err := s.makePlace(l); err != nil {
			return err
		}
		stat, err := l.sftp.StatVFS(s.o.Dir)
		if unsupported(err) {
			return nil
		}
		if err != nil {
			return err
		}
		free = bytesOf(stat.Bavail, stat.Frsize)
		return nil
	})
	return free, err
}

// unsupported says whether a server does not know a request.
func unsupported(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported
}
