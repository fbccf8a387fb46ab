package keyring_test

import (
	"os"
	"testing"

	"forecourt/hub/internal/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(rotatorDir); dir != "" {
		os.Exit(beRotator(dir))
	}
	os.Exit(mysqltest.Main(m))
}
