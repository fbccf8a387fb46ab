package mysql_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// hubDir in the environment makes this program a hub that runs a server in
// that directory until it is killed; hubCopies makes it copy that server too,
// without end.
const (
	hubDir    = "FORECOURT_TEST_HUB_DIR"
	hubCopies = "FORECOURT_TEST_HUB_COPIES"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(hubDir); dir != "" {
		os.Exit(beHub(dir))
	}
	os.Exit(mysqltest.Main(m))
}

// beHub runs a server and says so on standard output.
func beHub(dir string) int {
	server, err := mysql.StartServer(context.Background(), options(dir))
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	if os.Getenv(hubCopies) != "" {
		_, err := mysql.Copy{Dir: dir, Log: options(dir).Log}.Stream(context.Background(), stuck{pid: server.PID()})
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("running", server.PID())
	select {}
}

// stuck is a writer that takes nothing, once it has said that there is
// something to take.
type stuck struct{ pid int }

func (s stuck) Write([]byte) (int, error) {
	fmt.Println("running", s.pid)
	select {}
}

// hubProcess starts this program as a hub in dir and waits until its server runs.
func hubProcess(t *testing.T, dir string, env ...string) (hub *exec.Cmd, serverPID int) {
	t.Helper()
	hub = exec.Command(os.Args[0])
	hub.Env = append(append(os.Environ(), hubDir+"="+dir), env...)
	out, err := hub.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hub.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = hub.Process.Kill() // it may be gone already
		_ = hub.Wait()
	})
	if _, err := fmt.Fscanf(out, "running %d\n", &serverPID); err != nil {
		t.Fatalf("the hub process did not start its server: %v", err)
	}
	return hub, serverPID
}
