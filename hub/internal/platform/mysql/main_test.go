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
// that directory until it is killed.
const hubDir = "FORECOURT_TEST_HUB_DIR"

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
	fmt.Println("running", server.PID())
	select {}
}

// hubProcess starts this program as a hub in dir and waits until its server runs.
func hubProcess(t *testing.T, dir string) (hub *exec.Cmd, serverPID int) {
	t.Helper()
	hub = exec.Command(os.Args[0])
	hub.Env = append(os.Environ(), hubDir+"="+dir)
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
