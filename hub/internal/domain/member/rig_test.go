package member_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rig is the members on a clock of their own, and the phones codes go to.
type rig struct {
	*member.Store
	db   *mysql.DB
	keys *keyring.Ring
	now  time.Time

	mu     sync.Mutex
	codes  map[string]string // by phone
	failed error             // what sending answers

	away  error    // what WeChat answers
	asked []string // the codes it was shown
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{db: mysqltest.New(t), now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC), codes: map[string]string{}}
	r.keys = keyringtest.New(t, r.db)
	r.Store = r.reopen()
	return r
}

// reopen makes another Store on the same database, as a restart does.
func (r *rig) reopen() *member.Store {
	now := func() time.Time { return r.now }
	return member.New(member.Deps{
		WeChat: vouching{r}, DB: r.db, Keys: r.keys, Now: now, Random: rand.Reader, IDs: id.NewMaker(now, rand.Reader),
		Codes: func(_ context.Context, phone, code string, _ time.Time) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.codes[phone] = code
			return r.failed
		},
	})
}

func (r *rig) code(phone string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.codes[phone]
}

// vouching is WeChat: the code "js-wang-1" is that of openid "o-wang", the code
// "phone-13800000001-1" gives the number.
type vouching struct{ *rig }

func (v vouching) word(code, kind string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, code)
	if v.away != nil {
		return "", v.away
	}
	fields := strings.Split(code, "-")
	if len(fields) != 3 || fields[0] != kind {
		return "", wire.NewProblem(wire.ProblemWeChatRefused, "no such code")
	}
	return fields[1], nil
}

func (v vouching) OpenID(_ context.Context, code string) (string, error) {
	who, err := v.word(code, "js")
	return "o-" + who, err
}

func (v vouching) PhoneNumber(_ context.Context, code string) (string, error) {
	return v.word(code, "phone")
}

// signIn signs a phone in, as its driver does.
func (r *rig) signIn(t *testing.T, phone string) wire.DriverSession {
	t.Helper()
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Fatal(err)
	}
	session, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone)})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// join signs a phone in and says who that is.
func (r *rig) join(t *testing.T, phone string) member.Actor {
	t.Helper()
	session := r.signIn(t, phone)
	return member.Actor{Member: session.Member.ID, Number: session.Member.Number}
}

// wantProblem checks that err is a problem of a type.
func wantProblem(t *testing.T, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
