package archive

import (
	"encoding/json"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// Manifest says what a set is. It is the set's commit mark: written last, and
// never again.
type Manifest struct {
	// Format is the format's number; Encode sets it.
	Format int `json:"format"`
	// ID names the set, a ULID.
	ID string `json:"id"`
	// Kind says how it holds the data.
	Kind wire.BackupKind `json:"kind"`
	// Version is that of the hub that made it.
	Version string `json:"version"`
	// Schema is the number of the last migration.
	Schema int64 `json:"schema"`
	// Server is the database server's version, such as 10.11.
	Server string `json:"server"`
	// Timeline is the unbroken life of the data that From and To are places
	// of, a ULID; "" for a logical set of a server whose log is not kept.
	Timeline string `json:"timeline,omitempty"`
	// From is where the copy is of, To where the tail ends and the tables were
	// summed. Both are zero for a set without a log.
	From mysql.Position `json:"from,omitzero"`
	// To is not before From.
	To mysql.Position `json:"to,omitzero"`
	// Began is when making it began, At the moment of To, Ended when it was
	// done: all by the hub's clock.
	Began time.Time `json:"began"`
	// At is the moment whose data it holds.
	At time.Time `json:"at"`
	// Ended is just before the manifest was signed.
	Ended time.Time `json:"ended"`
	// Sales counts the sales in it.
	Sales int64 `json:"sales"`
	// Components are its streams, each under a name of its own.
	Components []Component `json:"components"`
	// Tables are the counts and sums of all tables at To.
	Tables []mysql.TableSum `json:"tables"`
	// AtRest says that the database's files in it are encrypted once more, by
	// the database server.
	AtRest bool `json:"at_rest,omitempty"`
	// Master is the fingerprint of the master key that its personal fields are
	// sealed under.
	Master string `json:"master,omitempty"`
	// Recipients are the public keys that it is sealed to.
	Recipients []string `json:"recipients"`
	// Media says what pictures and recordings belong to it.
	Media Media `json:"media,omitzero"`
}

// Media counts the pictures and recordings of a set.
type Media struct {
	// Objects is how many there are.
	Objects int64 `json:"objects"`
	// Bytes is the size of all of them as they were kept.
	Bytes int64 `json:"bytes"`
}

// Component is one stream of a set.
type Component struct {
	// Name is one of Database, Tail, Keys, MediaIn, Dump, or of small letters.
	Name string `json:"name"`
	// Bytes is its size in clear.
	Bytes int64 `json:"bytes"`
	// SHA256 is that of the clear bytes, in 64 hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Parts are what it was cut into, in order.
	Parts []Part `json:"parts"`
}

// Part is a piece of a component as it lies at a place.
type Part struct {
	// Key is its key below the set: database.0001.zst.age.
	Key string `json:"key"`
	// Bytes is its size.
	Bytes int64 `json:"bytes"`
	// SHA256 is that of its bytes, in 64 hexadecimal digits.
	SHA256 string `json:"sha256"`
}

// Stored is the size of all parts in bytes.
func (c Component) Stored() int64 {
	var sum int64
	for _, p := range c.Parts {
		sum += p.Bytes
	}
	return sum
}

// Stored is the size of all parts of all components in bytes.
func (m Manifest) Stored() int64 {
	var sum int64
	for _, c := range m.Components {
		sum += c.Stored()
	}
	return sum
}

// Component is the component of a name.
func (m Manifest) Component(name string) (Component, bool) {
	for _, c := range m.Components {
		if c.Name == name {
			return c, true
		}
	}
	return Component{}, false
}

// signedManifest is the file: the manifest, and the signature over its bytes
// exactly as they stand in the file.
type signedManifest struct {
	Manifest  json.RawMessage `json:"manifest"`
	Signature string          `json:"signature"`
}

// Encode is the file of a manifest, signed. It refuses what Decode would.
func (s Signer) Encode(m Manifest) ([]byte, error) {
	m.Format = Format
	m.Began, m.At, m.Ended = m.Began.UTC(), m.At.UTC(), m.Ended.UTC()
	if err := m.check(); err != nil {
		return nil, err
	}
	body, err := json.MarshalIndent(m, "  ", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding a manifest: %w", err)
	}
	signature, err := s.sign(manifestContext, body)
	if err != nil {
		return nil, err
	}
	file := fmt.Appendf(nil, "{\n  \"manifest\": %s,\n  \"signature\": %q\n}\n", body, signature)
	if len(file) > MaxManifestBytes {
		return nil, fmt.Errorf("%w: a manifest of %d bytes", ErrTooLarge, len(file))
	}
	return file, nil
}

// Decode reads the file of a manifest. The errors are ErrFormat for one of a
// newer hub, ErrSignature for one that the key did not sign, ErrDamaged for
// what is no manifest, and ErrTooLarge.
func (k PublicKey) Decode(file []byte) (Manifest, error) {
	m, signed, err := parse(file)
	if err != nil {
		return Manifest{}, err
	}
	if err := k.check(manifestContext, signed.Manifest, signed.Signature); err != nil {
		return Manifest{}, fmt.Errorf("the manifest of set %s: %w", m.ID, err)
	}
	return m, nil
}

// DecodeUnproved reads the file of a manifest without a key to check it with:
// where the hub's keys are gone and are to be had from the set itself. Once
// they are there the file is to be decoded with them before anything else is
// believed.
func DecodeUnproved(file []byte) (Manifest, error) {
	m, _, err := parse(file)
	return m, err
}

// parse reads and checks all but the signature. The format comes first: of a
// newer one nothing else can be said.
func parse(file []byte) (Manifest, signedManifest, error) {
	var signed signedManifest
	if len(file) > MaxManifestBytes {
		return Manifest{}, signed, fmt.Errorf("%w: a manifest of %d bytes", ErrTooLarge, len(file))
	}
	if err := json.Unmarshal(file, &signed); err != nil {
		return Manifest{}, signed, fmt.Errorf("%w: a manifest that is no JSON: %w", ErrDamaged, err)
	}
	var format struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(signed.Manifest, &format); err != nil {
		return Manifest{}, signed, fmt.Errorf("%w: a manifest without a format: %w", ErrDamaged, err)
	}
	if format.Format > Format {
		return Manifest{}, signed, fmt.Errorf("%w: manifest format %d, at most %d", ErrFormat, format.Format, Format)
	}
	var m Manifest
	if err := json.Unmarshal(signed.Manifest, &m); err != nil {
		return Manifest{}, signed, fmt.Errorf("%w: a manifest of other fields: %w", ErrDamaged, err)
	}
	if err := m.check(); err != nil {
		return Manifest{}, signed, err
	}
	return m, signed, nil
}
