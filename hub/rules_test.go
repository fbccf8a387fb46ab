package hub_test

import (
	"testing"

	"forecourt/shared/houserules"
)

func TestHouseRules(t *testing.T) {
	houserules.Check(t, houserules.Rules{
		Root: ".",
		Layers: []houserules.Layer{
			{
				Packages: []string{"internal/platform/clock", "internal/platform/recall", "internal/platform/token"},
				Reason:   "time and memory know nothing of anyone",
			},
			{
				Packages: []string{"internal/platform/background"},
				Reason:   "how to stand back behind others: it waits by the clock",
			},
			{
				Packages: []string{
					"internal/platform/mysql", "internal/platform/pki", "internal/platform/vault", "internal/config",
				},
				Reason: "what the hub stands on knows no petrol station",
			},
			{
				Packages: []string{
					"internal/platform/outbox", "internal/platform/audit", "internal/platform/keyring",
					"internal/platform/mysql/mysqltest", "internal/platform/vault/vaulttest", "internal/platform/rawsearch",
				},
				Reason: "the stream, the log and the wrapped keys are rows of the database, and tests run on it",
			},
			{
				Packages: []string{"internal/platform/keyring/keyringtest", "internal/platform/audit/audittest"},
				Reason:   "what tests of others are handed",
			},
			{
				Packages: []string{
					"internal/domain/station", "internal/domain/staff", "internal/domain/device",
					"internal/domain/member", "internal/domain/notice", "internal/domain/segment",
				},
				Reason: "who and what: they are there whatever happens, and do not know each other; flow joins them",
			},
			{
				Packages: []string{
					"internal/domain/sale", "internal/domain/ledger", "internal/domain/payment",
					"internal/domain/board", "internal/domain/admission", "internal/domain/claim",
					"internal/domain/media", "internal/domain/chat", "internal/domain/post", "internal/domain/watch",
					"internal/domain/trip", "internal/domain/offer",
				},
				Reason: "what happens and what is now: to whoever is there, each without the others; flow joins them",
			},
			{
				Packages: []string{"internal/domain/evidence"},
				Reason:   "what is shown of what happened: it holds a sale's figures against each other by the sale's own rules",
			},
			{
				Packages: []string{"internal/flow", "internal/setup"},
				Reason:   "the steps that join several domains in one transaction",
			},
			{
				Packages: []string{"internal/edge/backup/archive", "internal/edge/backup/place"},
				Reason:   "what a backup looks like and where it is kept: the backup edge puts the one into the other, neither knows of that",
			},
			{
				Packages: []string{"internal/edge/backup/place/placetest"},
				Reason:   "what tests of others are handed",
			},
			{
				Packages: []string{
					"internal/edge/ingest", "internal/edge/realtime", "internal/edge/httpapi",
					"internal/edge/notify", "internal/edge/objects", "internal/edge/wechat", "internal/edge/backup",
				},
				Reason: "an edge meets the outside; it asks flow and the domains, and knows no other edge: cmd hands them to each other",
			},
			{
				Packages: []string{"cmd/..."},
				Reason:   "only a program knows everything, because it puts it together",
			},
		},
		Imports: []houserules.Import{
			{
				Path: "forecourt/sql", Only: []string{"internal/platform/mysql", "internal/setup"},
				Reason: "the schema belongs to the database's package; setting up reads the demonstration station beside it",
			},
			{
				Path: "forecourt/assets/...", Only: []string{"internal/domain/evidence"},
				Reason: "a page of evidence is set in the house's typeface; nothing else here shows anything",
			},
			{
				Path: "github.com/signintech/gopdf", Only: []string{"internal/domain/evidence"},
				Reason: "one page is drawn, in one place",
			},
			{
				Path: "github.com/go-sql-driver/mysql", Only: []string{"internal/platform/mysql"}, Tests: true,
				Reason: "what an error of the server means is decided in one place",
			},
			{
				Path: "github.com/pressly/goose/...", Only: []string{"internal/platform/mysql"},
				Reason: "migrations are the database package's business",
			},
			{
				Path: "github.com/coder/websocket", Only: []string{"internal/edge/realtime", "cmd/..."}, Tests: true,
				Reason: "sockets are realtime's; ingest and the boards are handed what came through them",
			},
			{
				Path: "net/http", Only: []string{"internal/edge/...", "cmd/..."},
				Reason: "below the edges nobody knows that there is a network",
			},
			{
				Path: "github.com/danielgtaylor/huma/v2/...", Only: []string{"internal/edge/httpapi"},
				Reason: "requests and their description are httpapi's",
			},
			{
				Path: "github.com/prometheus/...", Only: []string{"internal/edge/...", "cmd/..."},
				Reason: "domains count in plain numbers; edges and programs expose them",
			},
			{
				Path: "github.com/minio/minio-go/v7/...", Only: []string{"internal/edge/objects", "internal/edge/backup/place/..."}, Tests: true,
				Reason: "where pictures are kept is one edge's business, where backups are another's",
			},
			{
				Path: "github.com/pkg/sftp/...", Only: []string{"internal/edge/backup/place/..."}, Tests: true,
				Reason: "how a place is reached is the place's business",
			},
			{
				Path: "golang.org/x/crypto/ssh/...", Only: []string{"internal/edge/backup/place/..."}, Tests: true,
				Reason: "how a place is reached is the place's business",
			},
			{
				Path: "filippo.io/age/...", Only: []string{"internal/edge/backup/..."},
				Reason: "backups are sealed for a key that is kept away; all else is the vault's",
			},
			{
				Path: "github.com/klauspost/compress/...", Only: []string{"internal/edge/backup/..."},
				Reason: "only backups are large enough to be worth it",
			},
			{
				Path: "github.com/go-mysql-org/go-mysql/...", Only: []string{"internal/platform/mysql"}, Tests: true,
				Reason: "what the binary log says is decided in one place",
			},
			{
				Path: "github.com/go-co-op/gocron/v2", Only: []string{"cmd/hub"},
				Reason: "when something is done is the program's choice; what is done can be tested without waiting",
			},
			{
				Path: "golang.org/x/crypto/argon2", Only: []string{"internal/domain/staff", "internal/platform/vault"},
				Reason: "passwords are staff's alone, the passphrase of the keys is the vault's",
			},
			{
				Path: "github.com/pquerna/otp/...", Only: []string{"internal/domain/staff"}, Tests: true,
				Reason: "second factors are staff's alone",
			},
			{
				Path: "golang.org/x/mod/...", Only: []string{"internal/platform/audit"},
				Reason: "the tree over the log is the log's",
			},
			{
				Path: "golang.org/x/crypto/acme/...", Only: []string{"internal/platform/pki"},
				Reason: "certificates are pki's alone",
			},
			{
				Path: "os/exec", Only: []string{"internal/platform/mysql", "internal/platform/background", "internal/edge/backup/place/placetest", "cmd/..."},
				Reason: "the hub starts the database's programs, and itself to stand back; tests of backups have a server to keep them",
			},
			{
				Path: "forecourt/hub/internal/platform/mysql/mysqltest", Only: []string{"cmd/settlebench"},
				Reason: "it is for tests and benchmarks; a product does not carry the test framework",
			},
			{
				Path: "testing", Only: []string{
					"internal/platform/mysql/mysqltest", "internal/platform/keyring/keyringtest", "internal/edge/backup/place/placetest",
				},
				Reason: "products do not carry the test framework",
			},
		},
		Outside: []string{"cmd/...", "internal/platform/clock"},
		Calls: []houserules.Call{
			{
				Func: "forecourt/hub/internal/platform/clock.Now", Only: []string{
					"cmd/...", "internal/platform/...",
				},
				Reason: "domains, flow and edges are told the time, so that a test can tell it",
			},
			{
				Func: "forecourt/hub/internal/platform/clock.Random", Only: []string{
					"cmd/...", "internal/platform/outbox", "internal/platform/audit", "internal/platform/keyring/keyringtest",
				},
				Reason: "domains, flow and edges are handed their randomness; an epoch is made beside a row that does not exist, " +
					"and a row of the log has a name that nobody else uses",
			},
		},
		Pure: []string{
			"sync.OnceValue", // mysqltest: the server that the tests of one process share is made once, by the first that asks
			"sync.OnceFunc",  // httpapi: the HTTP library keeps its errors in package variables, set once and alike for all
			"strings.Split",  // sale: the columns of a table, as a list
		},
	})
}
