package mysql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"forecourt/hub/internal/platform/background"
)

// Programs that come with MariaDB and do what only they can.
const (
	backupProgram = "mariadb-backup"
	streamProgram = "mbstream"
	logProgram    = "mariadb-binlog"
	clientProgram = "mariadb"
	dumpProgram   = "mariadb-dump"
)

const (
	// saidLines and saidBytes bound what is kept of a program's remarks: the
	// last lines say why it ended, and a line may be a statement.
	saidLines = 20
	saidBytes = 4 << 10
)

// Tools looks for the programs that copying and restoring need and answers the
// version of MariaDB, "10.11". It is ErrNoServer, with the name of what is
// missing, when one is not installed.
func Tools(ctx context.Context) (version string, err error) {
	bin, err := findBinaries(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range []string{backupProgram, streamProgram, logProgram, clientProgram, dumpProgram} {
		if _, err := findTool(name); err != nil {
			return "", err
		}
	}
	return bin.version, nil
}

func findTool(name string) (string, error) {
	path, err := findProgram(name)
	if err != nil {
		return "", fmt.Errorf("%s is missing: %w", name, ErrNoServer)
	}
	return path, nil
}

// program is one of MariaDB's programs at work. It never outlives the hub, ends
// when its context ends, and gets nothing of the hub's environment.
type program struct {
	name string
	said *remarks
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// task is what a program is to do.
type task struct {
	name string
	args []string
	// in and out are its ends of pipes, nil for none. They are closed here once
	// the program has its own.
	in, out *os.File
	// lent are inherited from descriptor 3 on, and closed here likewise.
	lent []*os.File
	// gentle makes it stand back behind whatever else wants processor or disk.
	gentle bool
	// hear is told each line of its remarks, from one goroutine; may be nil.
	hear func(line string)
}

// begin starts a program. Whoever calls it calls end.
func begin(ctx context.Context, t task) (*program, error) {
	defer t.closeFiles()
	path, err := findTool(t.name)
	if err != nil {
		return nil, err
	}
	p := &program{name: t.name, said: &remarks{hear: t.hear}, done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, path, t.args...)
	cmd.Env, cmd.ExtraFiles, cmd.Stderr = childEnv(), t.lent, p.said
	if t.in != nil {
		cmd.Stdin = t.in
	}
	if t.out != nil {
		cmd.Stdout = t.out
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // a Ctrl-C meant for the hub is the hub's to handle
		Pdeathsig: syscall.SIGKILL, // nothing of theirs is worth finishing without the hub
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	started := make(chan error)
	go p.attend(cmd, t.gentle, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", t.name, err)
	}
	return p, nil
}

func (t task) closeFiles() {
	for _, f := range append([]*os.File{t.in, t.out}, t.lent...) {
		if f != nil {
			_ = f.Close() // the program has its own by now; nothing was written here
		}
	}
}

// attend starts the program and waits for its end. Its goroutine stays locked
// to a thread that ends with it: the thread's end is what the parent-death
// signal hangs on (see supervise), and the program inherits the thread's
// standing back, which no other goroutine must get.
func (p *program) attend(cmd *exec.Cmd, gentle bool, started chan<- error) {
	runtime.LockOSThread()
	if gentle {
		background.StandBack()
	}
	err := cmd.Start()
	started <- err
	if err != nil {
		return
	}
	defer close(p.done)
	p.err = cmd.Wait()
	p.said.finish()
}

// end waits for the program and answers how it ended: with its last remarks
// when it failed, with ctx's error when that ended it, with EPIPE when whoever
// reads what it prints no longer does.
func (p *program) end(ctx context.Context) error {
	<-p.done
	if p.err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		switch status, ok := exit.Sys().(syscall.WaitStatus); {
		case ok && status.Signal() == syscall.SIGPIPE:
			return fmt.Errorf("%s: %w", p.name, syscall.EPIPE)
		case ok && status.Signal() == syscall.SIGKILL && ctx.Err() != nil:
			return fmt.Errorf("%s: %w", p.name, context.Cause(ctx))
		}
	}
	return fmt.Errorf("%s: %w%s", p.name, p.err, p.said.quoted())
}
