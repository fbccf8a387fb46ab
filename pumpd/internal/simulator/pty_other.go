//go:build !linux

package simulator

import (
	"errors"
	"io"
)

// openPTY is only there on Linux.
func openPTY(string) (io.ReadWriteCloser, error) {
	return nil, errors.New("pseudo-terminals are only supported on Linux; listen on TCP instead")
}
