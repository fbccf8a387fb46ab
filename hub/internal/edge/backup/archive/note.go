package archive

import (
	"encoding/json"
	"fmt"
)

// maxNoteBytes bounds a note.
const maxNoteBytes = 1 << 20

// signedNote is the file of a note.
type signedNote struct {
	Note      json.RawMessage `json:"note"`
	Signature string          `json:"signature"`
}

// EncodeNote is the file of a note, signed: something that is said of a set
// after its manifest was written, such as how a rehearsal of it went. about, in
// small letters, says what it is; the signature is worth nothing for anything
// else.
func (s Signer) EncodeNote(about string, note any) ([]byte, error) {
	context, err := contextOf(about)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(note)
	if err != nil {
		return nil, fmt.Errorf("encoding a note: %w", err)
	}
	signature, err := s.sign(context, body)
	if err != nil {
		return nil, err
	}
	file, err := json.Marshal(signedNote{Note: body, Signature: signature})
	if err != nil {
		return nil, fmt.Errorf("encoding a note: %w", err)
	}
	if file = append(file, '\n'); len(file) > maxNoteBytes {
		return nil, fmt.Errorf("%w: a note of %d bytes", ErrTooLarge, len(file))
	}
	return file, nil
}

// DecodeNote reads the file of a note about something into note. The errors are
// ErrSignature, ErrDamaged and ErrTooLarge; note is untouched then but for
// ErrDamaged.
func (k PublicKey) DecodeNote(about string, file []byte, note any) error {
	context, err := contextOf(about)
	if err != nil {
		return err
	}
	if len(file) > maxNoteBytes {
		return fmt.Errorf("%w: a note of %d bytes", ErrTooLarge, len(file))
	}
	var signed signedNote
	if err := json.Unmarshal(file, &signed); err != nil {
		return fmt.Errorf("%w: a note that is no JSON: %w", ErrDamaged, err)
	}
	if err := k.check(context, signed.Note, signed.Signature); err != nil {
		return fmt.Errorf("a note about %s: %w", about, err)
	}
	if err := json.Unmarshal(signed.Note, note); err != nil {
		return fmt.Errorf("%w: a note about %s: %w", ErrDamaged, about, err)
	}
	return nil
}

// contextOf is what a note about something is signed with.
func contextOf(about string) (string, error) {
	if !componentName.MatchString(about) {
		return "", fmt.Errorf("archive: a note cannot be about %.40q", about)
	}
	return noteContext + about + "\n", nil
}
