package staff

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is the work of one argon2id password hash. It is written into every
// hash, so that it can be raised: old hashes still verify, and are renewed at
// the next login.
type Cost struct {
	// MemoryKiB, Passes and Lanes are argon2id's m, t and p.
	MemoryKiB, Passes uint32
	Lanes             uint8
}

// DefaultCost is OWASP's least recommended one, 19 MiB and two passes: about
// 60 ms of one core.
func DefaultCost() Cost { return Cost{MemoryKiB: 19 << 10, Passes: 2, Lanes: 1} }

// maxCost bounds what a stored hash may ask for; more is not one of ours.
func maxCost() Cost { return Cost{MemoryKiB: 1 << 20, Passes: 16, Lanes: 16} }

const (
	saltBytes = 16
	keyBytes  = 32
)

var errHash = errors.New("staff: not an argon2id hash")

// hashPassword makes the PHC string of a password, with salt from random:
// $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY.
func hashPassword(password string, cost Cost, random io.Reader) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("reading randomness for a salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, keyBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		cost.MemoryKiB, cost.Passes, cost.Lanes, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// verifyPassword reports whether password is that of a PHC string, and at what
// cost the string was made. A string that is not ours is an error.
func verifyPassword(password, phc string) (ok bool, cost Cost, err error) {
	cost, salt, key, err := parseHash(phc)
	if err != nil {
		return false, cost, err
	}
	got := argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, cost, nil
}

func parseHash(phc string) (cost Cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return cost, nil, nil, errHash
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return cost, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Lanes); err != nil {
		return cost, nil, nil, errHash
	}
	most := maxCost()
	if cost.Passes == 0 || cost.Lanes == 0 ||
		cost.MemoryKiB > most.MemoryKiB || cost.Passes > most.Passes || cost.Lanes > most.Lanes {
		return cost, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return cost, nil, nil, errHash
	}
	return cost, salt, key, nil
}
