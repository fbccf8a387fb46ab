package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MaxBodyBytes bounds a request's body; the largest honest one, a new price
// of every grade, is under 2 KiB.
const MaxBodyBytes = 64 << 10

// Time limits of a connection. Sockets leave them behind when they upgrade.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	// maxHeaderBytes leaves room for two tokens and a browser's chatter.
	maxHeaderBytes = 16 << 10
)

// Staff is what the API asks of package staff.
type Staff interface {
	Login(ctx context.Context, till staff.DeviceActor, req wire.LoginRequest) (wire.Session, error)
	Resolve(ctx context.Context, token string) (staff.Actor, error)
	Logout(ctx context.Context, token string) error
	Account(ctx context.Context, who staff.Actor) (wire.Account, error)
	ChangeOwnPassword(ctx context.Context, who staff.Actor, req wire.OwnPasswordRequest) (wire.Account, error)
	NewSecondFactor(ctx context.Context, who staff.Actor) (wire.SecondFactor, error)
	ConfirmSecondFactor(ctx context.Context, who staff.Actor, req wire.CodeRequest) (wire.RecoveryCodes, error)
	RemoveSecondFactor(ctx context.Context, who staff.Actor, req wire.CodeRequest) (wire.Account, error)
}

// Devices is what the API asks of package device.
type Devices interface {
	Enrol(ctx context.Context, code, name string) (wire.EnrolReply, error)
	Resolve(ctx context.Context, token string) (device.Actor, error)
}

// Tickets is what the API asks of package admission.
type Tickets interface {
	Issue(h admission.Holder) (wire.Ticket, error)
}

// Deps is what the API stands on. All of it is needed but Pages, SignedOut,
// MemberSignedOut, Refused and MetricsFrom.
type Deps struct {
	Staff   Staff
	Devices Devices
	Tickets Tickets
	Desk    Desk
	// Members, Driver, Support and Media serve drivers and those who talk
	// with them.
	Members Members
	Driver  Driver
	Support Support
	Media   MediaServer
	// People is who works at the stations.
	People People
	// Posts is who is responsible for which nozzles.
	Posts Posts
	// Security is the security log, its alerts and the keys.
	Security Security
	// Backups makes backups and goes back to them.
	Backups Backups
	// Segments chooses members by rules.
	Segments Segments
	// MemberDesk is what staff see of members, Self what members ask of what
	// is kept of them.
	MemberDesk MemberDesk
	Self       Self
	// Pages is the directory of the browser pages; none are served if it is empty.
	Pages string
	// Places is stations as drivers see them.
	Places Places
	// Records is what drivers fuelled, and what they were told.
	Records Records
	// Evidence is what shows what a dispenser delivered.
	Evidence Evidence
	// Live takes the sockets.
	Live http.Handler
	// CA is the hub's certificate authority, PEM, for newly enrolled devices;
	// empty on plain loopback.
	CA string
	// SignedOut is told of a logout, so that the person's sockets end too.
	SignedOut func(till id.Device, person id.Staff)
	// Refused is told of everything a signed-in person's role was refused: the
	// action, and the id in the request's address, if there is one.
	Refused func(ctx context.Context, who staff.Actor, action staff.Action, object string)
	// MemberSignedOut is told that sessions of a member have ended, for the same
	// reason.
	MemberSignedOut func(ctx context.Context, who id.Member)
	// Ping asks the database whether it is there.
	Ping func(ctx context.Context) error
	// Stations tells how the boards are doing; an error means that the hub
	// cannot serve them.
	Stations func(ctx context.Context) ([]StationHealth, error)
	// Version is the program's.
	Version string
	// Metrics is where metrics are registered and read.
	Metrics *prometheus.Registry
	// MetricsFrom lists who may read the metrics, and all of the health, beside
	// this machine itself.
	MetricsFrom []netip.Prefix
	// NewRequestID names a request.
	NewRequestID func() string
	Now          func() time.Time
	Log          *slog.Logger
}

// api is the API under construction and at work.
type api struct {
	deps     Deps
	mux      *http.ServeMux
	huma     huma.API
	metrics  *metrics
	uploads  *uploads
	forms    []string      // the paths of operations that take a file
	servings chan struct{} // holds one for each picture or recording on its way out
}

// New makes the whole HTTP side of the hub.
func New(deps Deps) http.Handler {
	a := assemble(deps)
	return a.around(http.HandlerFunc(a.route))
}

// assemble registers every route and finishes the document.
func assemble(deps Deps) *api {
	useProblems()
	a := &api{
		deps: deps, mux: http.NewServeMux(), metrics: newMetrics(deps.Metrics),
		uploads: newUploads(deps.Now), servings: make(chan struct{}, maxServings),
	}
	a.huma = humago.New(a.mux, config(deps.Version))
	a.devices()
	a.auth()
	a.people()
	a.desk()
	a.posts()
	a.security()
	a.backups()
	a.office()
	a.segments()
	a.members()
	a.support()
	a.stations()
	a.driver()
	a.records()
	a.evidence()
	a.weChat()
	a.media()
	a.health()
	a.pages()
	a.document()
	return a
}

// NewServer puts a handler behind time limits. The caller gives it a listener
// and, off loopback, a TLS configuration.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// config is the HTTP library's: JSON only, no pages that load anything from
// elsewhere, no field in an answer that is not in wire.
func config(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Forecourt hub",
				Version: version,
				Description: "Requests and commands of a petrol station's hub. Money is integer fen, volume integer millilitres, " +
					"unit price integer fen per litre, ids are ULIDs, times RFC 3339 UTC.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "http", Scheme: "bearer", Description: "The token of a person's session, or of a device by itself."},
					"device":  {Type: "apiKey", In: "header", Name: wire.HeaderDevice, Description: "The token of the till a person uses."},
					"member":  {Type: "http", Scheme: "bearer", Description: "The token of a driver's session, by itself."},
				},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat,
			"json":             huma.DefaultJSONFormat,
		},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}
