package pts

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/icholy/digest"
)

// nonceLife is how long a digest nonce may be used: far longer than a
// handshake, far shorter than a day's worth of replays.
const nonceLife = 5 * time.Minute

// Guard checks HTTP credentials on the listening side, by Digest or Basic.
// It keeps no state per client: a nonce is a time and its seal.
type Guard struct {
	users    []string
	password string
	schemes  []Scheme
	realm    string
	secret   []byte
	now      func() time.Time
}

// NewGuard makes a guard that admits any of the users with the password. An
// empty password admits nobody.
func NewGuard(realm string, users []string, password string, schemes []Scheme, now func() time.Time, random io.Reader) (*Guard, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("making the guard's secret: %w", err)
	}
	users = slices.DeleteFunc(slices.Clone(users), func(u string) bool { return u == "" })
	return &Guard{users: users, password: password, schemes: schemes, realm: realm, secret: secret, now: now}, nil
}

// Admit checks a request. A request that is not admitted has been answered:
// 401 with challenges, or 403 where nobody may enter.
func (g *Guard) Admit(w http.ResponseWriter, r *http.Request) bool {
	if g.password == "" || len(g.users) == 0 {
		http.Error(w, "not enabled", http.StatusForbidden)
		return false
	}
	if g.knows(r) {
		return true
	}
	if slices.Contains(g.schemes, Digest) {
		w.Header().Add("WWW-Authenticate", g.challenge(g.nonce()).String())
	}
	if slices.Contains(g.schemes, Basic) {
		w.Header().Add("WWW-Authenticate", fmt.Sprintf("Basic realm=%q", g.realm))
	}
	http.Error(w, "user name or password wrong", http.StatusUnauthorized)
	return false
}

func (g *Guard) knows(r *http.Request) bool {
	header := r.Header.Get("Authorization")
	if user, password, ok := r.BasicAuth(); ok && slices.Contains(g.schemes, Basic) {
		return slices.Contains(g.users, user) && same(password, g.password)
	}
	if !digest.IsDigest(header) || !slices.Contains(g.schemes, Digest) {
		return false
	}
	got, err := digest.ParseCredentials(header)
	if err != nil || !slices.Contains(g.users, got.Username) || got.URI != r.RequestURI || !g.fresh(got.Nonce) {
		return false
	}
	want, err := digest.Digest(g.challenge(got.Nonce), digest.Options{
		Method: r.Method, URI: got.URI, Count: got.Nc, Cnonce: got.Cnonce, Username: got.Username, Password: g.password,
	})
	return err == nil && got.Cnonce != "" && same(got.Response, want.Response)
}

// challenge uses MD5, the one algorithm that every digest client knows.
func (g *Guard) challenge(nonce string) *digest.Challenge {
	return &digest.Challenge{Realm: g.realm, Nonce: nonce, Algorithm: "MD5", QOP: []string{"auth"}}
}

func (g *Guard) nonce() string {
	stamp := binary.BigEndian.AppendUint64(nil, uint64(g.now().UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(stamp, g.seal(stamp)...))
}

func (g *Guard) seal(stamp []byte) []byte {
	mac := hmac.New(sha256.New, g.secret)
	mac.Write(stamp)
	return mac.Sum(nil)
}

func (g *Guard) fresh(nonce string) bool {
	const stampLen = 8
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != stampLen+sha256.Size || !hmac.Equal(raw[stampLen:], g.seal(raw[:stampLen])) {
		return false
	}
	age := g.now().Sub(time.Unix(0, int64(binary.BigEndian.Uint64(raw))))
	return age >= 0 && age < nonceLife
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
