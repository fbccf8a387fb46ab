package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// origin is the first line of every checkpoint and the name of the key: it
// says what is signed, so that the signature is worth nothing elsewhere.
const origin = "forecourt-audit-log"

// Checkpoint is what the log was at a moment.
type Checkpoint struct {
	// Size counts the rows, Root is the hash of the tree over them.
	Size int64
	Root tlog.Hash
	At   time.Time
}

// timeLayout is that of a checkpoint's time, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// text is what is signed: four lines, the first three as in the C2SP
// specification tlog-checkpoint.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), c.At.UTC().Format(timeLayout))
}

// parseCheckpoint reads what text wrote.
func parseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != origin || lines[4] != "" {
		return c, errors.New("audit: not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return c, errors.New("audit: a checkpoint without a size")
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, fmt.Errorf("audit: a checkpoint without a root: %w", err)
	}
	if c.At, err = time.Parse(timeLayout, lines[3]); err != nil {
		return c, fmt.Errorf("audit: a checkpoint without a time: %w", err)
	}
	c.Size = size
	return c, nil
}

// Key signs checkpoints, and checks them.
type Key struct {
	private  ed25519.PrivateKey
	verifier note.Verifier
	public   string
}

// NewKey makes the key of a seed, which is a secret of the hub.
func NewKey(seed [32]byte) (*Key, error) {
	private := ed25519.NewKeyFromSeed(seed[:])
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("audit: an Ed25519 key without a public half")
	}
	text, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, fmt.Errorf("encoding the log's public key: %w", err)
	}
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("reading the log's public key: %w", err)
	}
	return &Key{private: private, verifier: verifier, public: text}, nil
}

// Public is the public half, in the form of golang.org/x/mod/sumdb/note: with
// it anybody checks the checkpoints.
func (k *Key) Public() string { return k.public }

// Name implements note.Signer.
func (k *Key) Name() string { return k.verifier.Name() }

// KeyHash implements note.Signer.
func (k *Key) KeyHash() uint32 { return k.verifier.KeyHash() }

// Sign implements note.Signer.
func (k *Key) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private, message), nil }

// Seal is the signed note of a checkpoint.
func (k *Key) Seal(c Checkpoint) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.text()}, k)
	if err != nil {
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	return signed, nil
}

// Open checks a signed note and reads it.
func (k *Key) Open(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(k.verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checking a checkpoint: %w", err)
	}
	return parseCheckpoint(n.Text)
}
