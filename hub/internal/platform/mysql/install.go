package mysql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrNoServer says that the database server is not installed on this machine.
var ErrNoServer = errors.New("the database server is not installed: run\n" +
	"  apt-get install mariadb-server-core mariadb-client mariadb-backup\n" +
	"or name another MariaDB or MySQL server in FORECOURT_DSN")

// Files of a private server's directory.
const (
	dataDir     = "data"
	tmpDir      = "tmp"
	socketFile  = "s.sock"
	pidFile     = "pid"
	logFile     = "err.log"
	versionFile = "version"
	hubLock     = "hub.lock"
	serverLock  = "server.lock"
)

const (
	// maxSocketPath is what a Unix socket's address holds, without its end mark.
	maxSocketPath = 107
	// minFreeBytes is refused below: a server that fills its disk hangs.
	minFreeBytes = 256 << 20
)

// binaries are the programs a private server needs.
type binaries struct {
	server, install string
	version         string // "10.11"
}

// systemDirs are searched after PATH: Debian keeps mariadbd in /usr/sbin,
// which is not on every user's PATH.
var systemDirs = []string{"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}

func findBinaries(ctx context.Context) (binaries, error) {
	var b binaries
	for name, path := range map[string]*string{"mariadbd": &b.server, "mariadb-install-db": &b.install} {
		found, err := findProgram(name)
		if err != nil {
			return b, ErrNoServer
		}
		*path = found
	}
	out, err := exec.CommandContext(ctx, b.server, "--no-defaults", "--version").Output()
	if err != nil {
		return b, fmt.Errorf("asking %s for its version: %w", b.server, err)
	}
	b.version, err = parseVersion(string(out))
	return b, err
}

func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range systemDirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

var versionPattern = regexp.MustCompile(`Ver (\d+\.\d+)\.\d+-MariaDB`)

// parseVersion reads "10.11" out of "mariadbd  Ver 10.11.19-MariaDB-...".
func parseVersion(line string) (string, error) {
	match := versionPattern.FindStringSubmatch(line)
	if match == nil {
		return "", fmt.Errorf("mysql: %q is not a MariaDB server", strings.TrimSpace(line))
	}
	return match[1], nil
}

// newer reports whether version a is after b, both "major.minor".
func newer(a, b string) bool {
	part := func(v string, i int) int {
		n, _ := strconv.Atoi(strings.Split(v+".", ".")[i])
		return n
	}
	if part(a, 0) != part(b, 0) {
		return part(a, 0) > part(b, 0)
	}
	return part(a, 1) > part(b, 1)
}

// checkPlace makes dir private and says early what would fail obscurely later.
func checkPlace(dir string) error {
	if path := filepath.Join(dir, socketFile); len(path) > maxSocketPath {
		return fmt.Errorf("mysql: the socket path %s has %d bytes, more than the %d a socket allows; choose a shorter data directory",
			path, len(path), maxSocketPath)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the database directory: %w", err)
	}
	if err := checkOwner(dir); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("making the database directory private: %w", err)
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("asking for free space: %w", err)
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < minFreeBytes {
		return fmt.Errorf("mysql: only %d MiB are free at %s, the database needs %d; make room first",
			free>>20, dir, minFreeBytes>>20)
	}
	return nil
}

// checkOwner refuses the directory of another user: root, asked to look after
// the hub's data, would leave files there that the hub cannot open.
func checkOwner(dir string) error {
	var info unix.Stat_t
	if err := unix.Stat(dir, &info); err != nil {
		return fmt.Errorf("asking for the database directory's owner: %w", err)
	}
	if int(info.Uid) == os.Getuid() {
		return nil
	}
	owner := strconv.Itoa(int(info.Uid))
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	return fmt.Errorf("mysql: %s belongs to user %s; run this as that user", dir, owner)
}

// checkVersion refuses data that a newer server has written, and remembers
// this one.
func (s *Server) checkVersion() error {
	path := filepath.Join(s.dir, versionFile)
	written, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the data's server version: %w", err)
	}
	was := strings.TrimSpace(string(written))
	switch {
	case was == s.bin.version:
		return nil
	case was != "" && newer(was, s.bin.version):
		return fmt.Errorf("mysql: the data in %s was written by MariaDB %s, this server is %s; install the newer server again",
			s.dir, was, s.bin.version)
	case was != "":
		s.log.Warn("the database server is newer than its data; after this start run mariadb-upgrade",
			"socket", s.Socket, "data", was, "server", s.bin.version)
	}
	if err := os.WriteFile(path, []byte(s.bin.version+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the data's server version: %w", err)
	}
	return nil
}

// installed reports whether there is a data directory; one that is there is
// whole.
func (s *Server) installed() bool {
	_, err := os.Stat(filepath.Join(s.dir, dataDir))
	return err == nil
}

// install fills an empty data directory. It works beside it and renames at
// the end, so that a directory that is there is whole.
func (s *Server) install(ctx context.Context) error {
	// A directory of its own for temporary tables: a server that starts
	// clears its directory of them, whosever they are.
	if err := os.MkdirAll(filepath.Join(s.dir, tmpDir), 0o700); err != nil {
		return fmt.Errorf("making a directory for temporary tables: %w", err)
	}
	if s.installed() {
		return nil
	}
	final := filepath.Join(s.dir, dataDir)
	fresh := final + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clearing an unfinished installation: %w", err)
	}
	name, err := userName()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, s.bin.install, "--no-defaults", "--user="+name, "--datadir="+fresh,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		"--tmpdir="+filepath.Join(s.dir, tmpDir), "--innodb-log-file-size="+s.profile.redoLog)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = childEnv()
	done, err := s.lend(cmd)
	if err != nil {
		return err
	}
	out, err := cmd.CombinedOutput()
	done()
	if err != nil {
		return fmt.Errorf("initialising the database directory: %w\n%s", err, installErrors(string(out)))
	}
	if err := os.Rename(fresh, final); err != nil {
		return fmt.Errorf("finishing the database directory: %w", err)
	}
	return nil
}

// installErrors is what matters of the installer's output, which ends in a page
// of advice: its errors and warnings.
func installErrors(out string) string {
	var found []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "[Warning]") || strings.Contains(line, "FATAL") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	if len(found) == 0 {
		return lastLines(out, tailLines)
	}
	return lastLines(strings.Join(found, "\n"), tailLines)
}

// userName is who the server runs as: whoever runs the hub. Changing user
// would lose the parent-death signal.
func userName() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("asking who we are: %w", err)
	}
	return u.Username, nil
}

// childEnv is all of the environment a child needs; nothing of ours, which
// may hold secrets, is passed on.
func childEnv() []string {
	return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"}
}
