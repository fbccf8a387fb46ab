package media

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strconv"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// LinkLife is how long a link works.
const LinkLife = 5 * time.Minute

// linkPurpose names the key that links are signed with.
const linkPurpose = "media-link"

// Link makes the addresses to fetch an upload at, without any other proof, for
// LinkLife. Whether the caller may have them is decided before.
func (s *Store) Link(m wire.Media) wire.MediaLink {
	until := s.Now().UTC().Add(LinkLife).Truncate(time.Second)
	path := "/v1/media/" + m.ID.String()
	link := wire.MediaLink{URL: path + s.query(m.ID, false, until), ExpiresAt: until}
	if m.Kind == wire.MediaPicture {
		link.Thumb = path + "/thumb" + s.query(m.ID, true, until)
	}
	return link
}

// query is the signed part of an address.
func (s *Store) query(m id.Media, thumb bool, until time.Time) string {
	sum := s.sign(m, thumb, until.Unix())
	return "?" + url.Values{
		"until": {strconv.FormatInt(until.Unix(), 10)},
		"sig":   {base64.RawURLEncoding.EncodeToString(sum[:])},
	}.Encode()
}

// sign is the signature of one address: of the id, which of its objects, and
// the second it ends at.
func (s *Store) sign(m id.Media, thumb bool, until int64) [32]byte {
	message := append(m[:len(m):len(m)], 0)
	if thumb {
		message[len(m)] = 1
	}
	return s.Keys.MAC(linkPurpose, binary.BigEndian.AppendUint64(message, uint64(until)))
}

// Admit checks the parameters of an address. It answers wire.ProblemMediaGone
// when they are wrong or their time has passed, and does not say which.
func (s *Store) Admit(m id.Media, thumb bool, until, signature string) error {
	second, errUntil := strconv.ParseInt(until, 10, 64)
	given, errSign := base64.RawURLEncoding.Strict().DecodeString(signature)
	want := s.sign(m, thumb, second)
	// All three are always looked at, so that how long it takes says nothing.
	right := hmac.Equal(given, want[:])
	if errUntil != nil || errSign != nil || !right || !s.Now().Before(time.Unix(second, 0)) {
		return gone("the link is not valid any more")
	}
	return nil
}
