package outbox

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

// onceInClear reports whether a channel's events were written in clear before
// everything was sealed. Such rows are read until they are pruned; elsewhere
// they are refused.
func onceInClear(ch wire.Channel) bool {
	family, _ := ch.Split()
	return family == "desk"
}

// cell is the place of an event's body. Channel and number name its row; the
// hash makes sixteen bytes of them.
func cell(ch wire.Channel, seq uint64) vault.Cell {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d", ch, seq))
	return vault.Cell{Table: "outbox", Column: "body", Row: [16]byte(sum[:16])}
}

// seal is an event's body as the table holds it. All are sealed: a desk's
// events name staff and tell who paid what, and sealing costs a thousandth of
// the commit that follows.
func (f *Feed) seal(ch wire.Channel, seq uint64, body []byte) []byte {
	return f.vault.Seal(cell(ch, seq), body)
}

// SealedError says that an event in the table cannot be opened: it was
// changed, moved, or sealed with a key that is gone.
type SealedError struct {
	// Channel and Seq name the event.
	Channel wire.Channel
	Seq     uint64
	// Err is what the vault says of it.
	Err error
}

// Error implements error.
func (e *SealedError) Error() string {
	return fmt.Sprintf("opening event %d of %s: %v", e.Seq, e.Channel, e.Err)
}

// Unwrap is what the vault says of it.
func (e *SealedError) Unwrap() error { return e.Err }

// errInClear says that an event is not sealed: nobody who may write there
// wrote it.
var errInClear = errors.New("outbox: the body is in clear")

// unseal is the body of a row.
func (f *Feed) unseal(r row) ([]byte, error) {
	if !vault.IsSealed(r.Body) {
		if onceInClear(r.Channel) {
			return r.Body, nil
		}
		return nil, &SealedError{r.Channel, r.Seq, errInClear}
	}
	body, err := f.vault.Open(cell(r.Channel, r.Seq), r.Body)
	if err != nil {
		return nil, &SealedError{r.Channel, r.Seq, err}
	}
	return body, nil
}
