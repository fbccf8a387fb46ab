// Package id holds the identifiers of everything that crosses a process:
// ULIDs, each kind of thing with a type of its own, so that a nozzle's id
// cannot be passed where a sale's is meant.
//
// Ids are made by whoever creates the thing (a sale's by pumpd, a payment's by
// the till) and saved before they are first sent; they are the idempotency
// keys of the whole system. Within one Maker ids rise strictly, so the order
// of ids is the order of making. Clock and entropy are passed in.
package id

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// Of is the id of a K. The zero value means "none". Its text form is the 26
// characters of a ULID in Crockford's base 32; in SQL it is BINARY(16).
type Of[K Kind] [16]byte

// Kind marks what an id names.
type Kind interface{ kind() }

type (
	stationKind        struct{}
	staffKind          struct{}
	deviceKind         struct{}
	saleKind           struct{}
	priceSetKind       struct{}
	authorizationKind  struct{}
	payableKind        struct{}
	attemptKind        struct{}
	transferKind       struct{}
	accountKind        struct{}
	commandKind        struct{}
	journalKind        struct{}
	epochKind          struct{}
	memberKind         struct{}
	vehicleKind        struct{}
	threadKind         struct{}
	messageKind        struct{}
	mediaKind          struct{}
	cannedKind         struct{}
	noticeKind         struct{}
	claimKind          struct{}
	sessionKind        struct{}
	logRowKind         struct{}
	alertKind          struct{}
	segmentKind        struct{}
	paymentAccountKind struct{}
	offerKind          struct{}
)

func (stationKind) kind()        {}
func (staffKind) kind()          {}
func (deviceKind) kind()         {}
func (saleKind) kind()           {}
func (priceSetKind) kind()       {}
func (authorizationKind) kind()  {}
func (payableKind) kind()        {}
func (attemptKind) kind()        {}
func (transferKind) kind()       {}
func (accountKind) kind()        {}
func (commandKind) kind()        {}
func (journalKind) kind()        {}
func (epochKind) kind()          {}
func (memberKind) kind()         {}
func (vehicleKind) kind()        {}
func (threadKind) kind()         {}
func (messageKind) kind()        {}
func (mediaKind) kind()          {}
func (cannedKind) kind()         {}
func (noticeKind) kind()         {}
func (claimKind) kind()          {}
func (sessionKind) kind()        {}
func (logRowKind) kind()         {}
func (alertKind) kind()          {}
func (segmentKind) kind()        {}
func (paymentAccountKind) kind() {}
func (offerKind) kind()          {}

type (
	// Station names a petrol station (加油站).
	Station = Of[stationKind]
	// Staff names an employee.
	Staff = Of[staffKind]
	// Device names an enrolled pumpd or till.
	Device = Of[deviceKind]
	// Sale names one delivery of fuel, made by pumpd when it ends.
	Sale = Of[saleKind]
	// PriceSet names one version of a station's prices (price-set id).
	PriceSet = Of[priceSetKind]
	// Authorization names one permission to dispense, spent at most once.
	Authorization = Of[authorizationKind]
	// Payable names what is owed for one sale.
	Payable = Of[payableKind]
	// Attempt names one try to pay a payable.
	Attempt = Of[attemptKind]
	// Transfer names one movement in the ledger.
	Transfer = Of[transferKind]
	// Account names one account of the ledger.
	Account = Of[accountKind]
	// Command names one command; it is its Idempotency-Key.
	Command = Of[commandKind]
	// Journal names one pumpd journal; facts are numbered within it.
	Journal = Of[journalKind]
	// Epoch names one unbroken life of a channel; positions are comparable
	// only within it.
	Epoch = Of[epochKind]
	// Member names a driver who is known to the station (会员).
	Member = Of[memberKind]
	// Vehicle names a member's vehicle.
	Vehicle = Of[vehicleKind]
	// Thread names one conversation between a member and a station's support.
	Thread = Of[threadKind]
	// Message names one message of a thread, made by its sender before it is
	// first sent: sending it again has no further effect.
	Message = Of[messageKind]
	// Media names an uploaded picture or voice recording.
	Media = Of[mediaKind]
	// Canned names a reply that is kept ready (常用语, 图文教程).
	Canned = Of[cannedKind]
	// Notice names something a member was told.
	Notice = Of[noticeKind]
	// Claim names a member's word that they stand at a nozzle.
	Claim = Of[claimKind]
	// Session names an open session of an employee; it opens nothing.
	Session = Of[sessionKind]
	// LogRow names one row of the security log.
	LogRow = Of[logRowKind]
	// Alert names one alert about an unusual act.
	Alert = Of[alertKind]
	// Segment names members chosen by a rule.
	Segment = Of[segmentKind]
	// PaymentAccount names an account that a member pays from.
	PaymentAccount = Of[paymentAccountKind]
	// Offer names something a station tells every driver.
	Offer = Of[offerKind]
)

// ErrSyntax says that a text is not an id.
var ErrSyntax = errors.New("id: not a 26-character ULID")

// Parse reads the text form, upper or lower case: id.Parse[id.Sale](text).
func Parse[I ~[16]byte](s string) (I, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return I{}, fmt.Errorf("%w (%d characters)", ErrSyntax, len(s))
	}
	return I(u), nil
}

// IsZero reports whether the id names nothing.
func (i Of[K]) IsZero() bool { return i == Of[K]{} }

// String prints the text form, or "" for the zero id.
func (i Of[K]) String() string {
	if i.IsZero() {
		return ""
	}
	return ulid.ULID(i).String()
}

// Time is when the id was made, to the millisecond, by its maker's clock.
func (i Of[K]) Time() time.Time { return ulid.Time(ulid.ULID(i).Time()).UTC() }

// MarshalText writes the text form.
func (i Of[K]) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the text form; the empty text is the zero id.
func (i *Of[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = Of[K]{}
		return nil
	}
	parsed, err := Parse[Of[K]](string(text))
	if err != nil {
		return err
	}
	*i = parsed
	return nil
}

// Value stores the 16 bytes, or NULL for the zero id.
func (i Of[K]) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i[:], nil
}

// Scan reads 16 bytes or NULL.
func (i *Of[K]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = Of[K]{}
		return nil
	case []byte:
		if len(v) == len(i) {
			copy(i[:], v)
			return nil
		}
	}
	return fmt.Errorf("id: cannot read a %T as a 16-byte id", src)
}

// Maker makes ids that rise strictly. It is safe for concurrent use.
type Maker struct {
	mu      sync.Mutex
	now     func() time.Time
	entropy *ulid.MonotonicEntropy
	last    uint64 // milliseconds; a clock set back does not take ids back
}

// NewMaker makes a Maker on a clock and a source of randomness, crypto/rand
// in products and a seeded one in tests.
func NewMaker(now func() time.Time, entropy io.Reader) *Maker {
	return &Maker{now: now, entropy: ulid.Monotonic(entropy, 0)}
}

// New makes the next id of m: id.New[id.Sale](maker). It panics only if the
// source of randomness fails, which a process cannot outlive.
func New[I ~[16]byte](m *Maker) I {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.last, ulid.Timestamp(m.now()))
	u, err := ulid.New(m.last, m.entropy)
	if errors.Is(err, ulid.ErrMonotonicOverflow) {
		m.last++
		u, err = ulid.New(m.last, m.entropy)
	}
	if err != nil {
		panic(fmt.Sprintf("id: reading randomness: %v", err))
	}
	return I(u)
}
