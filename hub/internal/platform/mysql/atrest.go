package mysql

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// AtRestBytes is the length of a key of encryption at rest: AES-256.
const AtRestBytes = 32

const (
	// atRestFile holds the fingerprint of the key that the data is encrypted with.
	atRestFile = "encrypted"
	// atRestPlugin is what MariaDB reads keys with. Its pages are AES in counter
	// mode: they keep their size, and MariaDB's checksum guards each.
	atRestPlugin = "file_key_management"
	// atRestThreads encrypt in the background what was stored in clear before.
	atRestThreads = "1"
	// redoLog is the first file the server opens; the highest bit of its format
	// says that it is encrypted (MariaDB 10.5 and newer, log0log.h).
	redoLog          = "ib_logfile0"
	redoEncryptedBit = 0x80
)

// Errors of encryption at rest. Each is refused before the server touches the
// data.
var (
	// ErrNoPlugin says that this machine's MariaDB cannot encrypt.
	ErrNoPlugin = errors.New("mysql: encryption at rest needs MariaDB's plugin " + atRestPlugin + ".so; on Debian run\n" +
		"  apt-get install mariadb-server\n" +
		"whose own service may stay off; database.at_rest: false (FORECOURT_DB_AT_REST=false) does without encryption")
	// ErrEncrypted says that the data is encrypted and no key was given.
	ErrEncrypted = errors.New("mysql: the data is encrypted and encryption at rest is off; " +
		"set database.at_rest: true (FORECOURT_DB_AT_REST=true)")
	// ErrWrongKey says that the data is encrypted with another key.
	ErrWrongKey = errors.New("mysql: the data is encrypted with another key; " +
		"bring back the key file that belongs to it, or the data that belongs to the key")
	// ErrNoMarker says that the data is encrypted and nothing tells with which key.
	ErrNoMarker = errors.New("mysql: the data is encrypted and the file " + atRestFile +
		" that tells with which key is missing beside it; bring it back")
)

// fingerprint tells keys apart and says nothing about them.
func fingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("forecourt database at rest: fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// checkAtRest compares the key with the data before anything else may: a
// server that reads pages with a wrong key could write what it misread.
func (s *Server) checkAtRest(ctx context.Context) error {
	if n := len(s.atRest); s.atRest != nil && n != AtRestBytes {
		return fmt.Errorf("mysql: the key of encryption at rest has %d bytes, want %d", n, AtRestBytes)
	}
	was, encrypted, err := s.atRestState()
	if err != nil {
		return err
	}
	switch {
	case s.atRest == nil && encrypted:
		return fmt.Errorf("%w (%s)", ErrEncrypted, s.dir)
	case s.atRest == nil:
		return nil
	case encrypted && was == "":
		return fmt.Errorf("%w (%s)", ErrNoMarker, s.dir)
	case encrypted && was != fingerprint(s.atRest):
		return fmt.Errorf("%w (%s)", ErrWrongKey, s.dir)
	}
	if err := checkPlugin(ctx, s.bin.server); err != nil {
		return err
	}
	if encrypted {
		return nil
	}
	if s.installed() {
		s.adopting = true
		s.log.Info("the database is encrypted from now on, what it holds already in the background", "socket", s.Socket)
	}
	return writeWhole(filepath.Join(s.dir, atRestFile), []byte(fingerprint(s.atRest)+"\n"))
}

// State is what is in the directory of a private server.
type State struct {
	// Installed says that there is data, Encrypted that it is encrypted.
	Installed, Encrypted bool
}

// StateOf looks at the directory of a private server, which need not be there.
func StateOf(dir string) (State, error) {
	s := &Server{dir: dir}
	_, encrypted, err := s.atRestState()
	return State{Installed: s.installed(), Encrypted: encrypted}, err
}

// atRestState is the fingerprint beside the data, "" if there is none, and
// whether the data is encrypted. A fingerprint beside no data says nothing: an
// installation did not end.
func (s *Server) atRestState() (was string, encrypted bool, err error) {
	if !s.installed() {
		return "", false, nil
	}
	content, err := os.ReadFile(filepath.Join(s.dir, atRestFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", false, fmt.Errorf("reading the fingerprint of the database's key: %w", err)
	}
	if was = strings.TrimSpace(string(content)); was != "" {
		return was, true, nil
	}
	encrypted, err = redoEncrypted(filepath.Join(s.dir, dataDir, redoLog))
	return "", encrypted, err
}

// redoEncrypted reports whether a redo log is encrypted. One that is missing
// is made anew in clear or not at all.
func redoEncrypted(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening the redo log: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	var first [1]byte
	if _, err := io.ReadFull(f, first[:]); err != nil {
		return false, nil // cut off: the server says it better
	}
	return first[0]&redoEncryptedBit != 0, nil
}

// checkPlugin asks the server where its plugins are and looks there.
func checkPlugin(ctx context.Context, server string) error {
	cmd := exec.CommandContext(ctx, server, "--no-defaults", "--verbose", "--help")
	cmd.Env = childEnv()
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("asking %s for its plugins: %w", server, err)
	}
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) != 2 || fields[0] != "plugin-dir" {
			continue
		}
		if _, err := os.Stat(filepath.Join(fields[1], atRestPlugin+".so")); err != nil {
			return fmt.Errorf("%w (looked in %s)", ErrNoPlugin, fields[1])
		}
		return nil
	}
	return fmt.Errorf("mysql: %s does not say where its plugins are", server)
}

// atRestArguments make a server encrypt everything it writes: tables, redo and
// undo log, binary log, temporary tables and files. fd is the descriptor of
// the child that the key is read from.
func (s *Server) atRestArguments(fd int) []string {
	if s.atRest == nil {
		return nil
	}
	return []string{
		"--plugin-load-add=" + atRestPlugin,
		"--file-key-management-filename=" + fmt.Sprintf("/proc/self/fd/%d", fd),
		"--file-key-management-encryption-algorithm=AES_CTR",
		"--innodb-encrypt-tables=FORCE", "--innodb-encrypt-log=ON", "--innodb-encrypt-temporary-tables=ON",
		"--innodb-encryption-threads=" + atRestThreads,
		"--encrypt-tmp-files=ON", "--encrypt-tmp-disk-tables=ON", "--aria-encrypt-tables=ON", "--encrypt-binlog=ON",
	}
}

// keyInMemory is a file that exists in memory only and holds the key as the
// plugin reads it. A child inherits it; every child needs one of its own.
func keyInMemory(atRest []byte) (*os.File, error) {
	return inMemory("forecourt-at-rest", fmt.Appendf(nil, "1;%x\n", atRest))
}

// inMemory is a file that exists in memory only, for a child to inherit: it
// reads there what must stand neither on disk nor in a command line.
func inMemory(name string, content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	// MariaDB ignores a file of options that others may write.
	err = f.Chmod(0o600)
	if err == nil {
		_, err = f.Write(content)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("filling a file in memory: %w", err), f.Close())
	}
	return f, nil
}

// lend gives cmd what it inherits: files, and the key if there is one. It
// answers the arguments that use it and what to call once cmd has started.
func (s *Server) lend(cmd *exec.Cmd, files ...*os.File) (started func(), err error) {
	cmd.ExtraFiles = files
	if s.atRest == nil {
		return func() {}, nil
	}
	key, err := keyInMemory(s.atRest)
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, key)
	cmd.Args = append(cmd.Args, s.atRestArguments(2+len(cmd.ExtraFiles))...) // after 0, 1 and 2
	return func() { _ = key.Close() }, nil                                   // the child has its own by now
}

// forgetClear removes the binary logs that were written before the data was
// encrypted: the current one is encrypted, for it was begun by this server.
func (s *Server) forgetClear(ctx context.Context) error {
	if !s.adopting {
		return nil
	}
	admin, err := OpenAdmin(ctx, s.AdminDSN(""), s.log)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close() }()
	var current, position, doDB, ignoreDB string
	if err := admin.QueryRowContext(ctx, "SHOW MASTER STATUS").Scan(&current, &position, &doDB, &ignoreDB); err != nil {
		return fmt.Errorf("asking for the current binary log: %w", err)
	}
	if _, err := admin.ExecContext(ctx, "PURGE BINARY LOGS TO ?", current); err != nil {
		return fmt.Errorf("removing binary logs in clear: %w", err)
	}
	return nil
}

// writeWhole writes a small file so that it is there whole or not at all, also
// after a power cut.
func writeWhole(path string, content []byte) error {
	fresh := path + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory survive a power cut.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", path, err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
