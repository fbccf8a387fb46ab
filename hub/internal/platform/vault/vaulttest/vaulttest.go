// Package vaulttest gives tests a vault whose secret is known to everyone.
// What it seals is not secret; products do not import it.
package vaulttest

import (
	"fmt"
	"sync/atomic"

	"forecourt/hub/internal/platform/vault"
)

// keyFile holds a secret of ones.
const keyFile = `-----BEGIN FORECOURT VAULT KEY-----
Key-Id: 1

AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
-----END FORECOURT VAULT KEY-----
`

// ForTest makes a vault with the fixed secret: what one of them seals another
// opens, in this process and in the next.
func ForTest() *vault.Vault {
	v, err := vault.Parse([]byte(keyFile), new(counter))
	if err != nil {
		panic(fmt.Sprintf("vaulttest: %v", err))
	}
	return v
}

// counter is a source of bytes that differ from one reading to the next.
type counter struct{ readings atomic.Uint64 }

// Read fills p with the number of the reading.
func (c *counter) Read(p []byte) (int, error) {
	n := c.readings.Add(1)
	for i := range p {
		p[len(p)-1-i] = byte(n >> (8 * i))
	}
	return len(p), nil
}
