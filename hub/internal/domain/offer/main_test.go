package offer_test

import (
	"os"
	"testing"

	"forecourt/hub/internal/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) { os.Exit(mysqltest.Main(m)) }
