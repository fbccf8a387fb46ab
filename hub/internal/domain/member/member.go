// Package member knows the drivers: who they are, how they sign in, and what
// they drive.
//
// # What it promises
//
//   - Phone numbers, names, ID numbers, payment accounts, plates and models are
//     sealed in the database, each member's under a key of their own; numbers,
//     accounts and plates are found again by a keyed hash whose key is not
//     there. No column holds any of them in clear.
//   - An ID number and payment accounts are kept with the member's consent
//     only, and go in the transaction that takes the consent back. Every word
//     on a purpose is kept, with the version of the text it was given to.
//   - Erasing a member destroys their key and every keyed hash: what backups
//     still hold of them opens no more. A number without a person stays.
//   - A driver signs in with a one-time code sent to their phone. Asking for
//     one, and failing to use one, answers the same whether or not the number
//     is a member's; the first success makes it one.
//   - A code works once, for five minutes, and for five tries. Asking is
//     bounded by number and by address.
//   - WeChat's word opens a session too, for the member whose phone number was
//     proved together with it; the name WeChat knows them by is kept as their
//     number is.
//   - A session is 32 random bytes, kept as their SHA-256 only. It ends after
//     90 days without use, on logout, when a member opens more than ten, and
//     when they end all others from the phone in their hand.
//   - Members are numbered without a hole, in the order of joining.
//   - While the database is away, members who were seen just before are still
//     known.
//
// Errors meant for people are *wire.Problem.
package member

import (
	"context"
	"io"
	"time"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/recall"
	"forecourt/shared/id"
)

// Actor is a signed-in member.
type Actor struct {
	// Member is who, Number what people say: "M000123".
	Member id.Member
	Number string
}

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Keys holds every member's own key, and makes the keyed hashes.
	Keys *keyring.Ring
	// Now is the clock, Random the source of codes and tokens.
	Now    func() time.Time
	Random io.Reader
	// IDs makes the ids of members, vehicles and accounts.
	IDs *id.Maker
	// Codes brings a one-time code to a phone number: notice.Codes makes one.
	Codes func(ctx context.Context, phone, code string, expires time.Time) error
	// WeChat vouches for people; nil if there is no mini-program.
	WeChat WeChat
}

// Store is all members. It is safe for concurrent use.
type Store struct {
	Deps
	known   *recall.Memory[Actor]
	numbers *limiter // codes by phone number
	remotes *limiter // codes by address
	papers  *limiter // ID numbers by member
}

const (
	// recallFor is how long members stay known while the database is away.
	recallFor = 10 * time.Minute
	// recallLimit bounds how many.
	recallLimit = 10_000
)

// New makes a Store.
func New(d Deps) *Store {
	return &Store{
		Deps:    d,
		known:   recall.New[Actor](d.Now, recallFor, recallLimit),
		numbers: newLimiter(d.Now, rate{1, time.Minute}, rate{5, time.Hour}),
		remotes: newLimiter(d.Now, rate{20, time.Hour}),
		// A number that is another's is refused: trying many must not tell whose
		// are known here.
		papers: newLimiter(d.Now, rate{10, time.Hour}),
	}
}

// Purposes of the keyed hashes; changing one loses everybody.
const (
	purposePhone    = "member.phone"
	purposeIDNumber = "member.id_number"
	purposeAccount  = "member.account"
	purposePlate    = "vehicle.plate"
	purposeCode     = "login.code"
	purposeWeChat   = "member.openid"
)

// Limits of what a member says of themselves.
const (
	maxName     = 40 // characters
	maxModel    = 60
	maxVehicles = 10
	maxAccounts = 10
	maxSessions = 10
)
