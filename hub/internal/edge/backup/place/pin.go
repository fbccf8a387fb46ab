package place

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// errHostKey says that a server shows another key than the pinned one.
var errHostKey = errors.New("place: this is not the server that was meant")

// fingerprint begins a key's fingerprint, as ssh-keygen -l prints it.
const fingerprint = "SHA256:"

// pin is the key by which a server is known: the key itself or its fingerprint.
type pin struct {
	key   ssh.PublicKey
	print string
}

// parsePin reads "ssh-ed25519 AAAA...", with a comment or without, or
// "SHA256:...".
func parsePin(text string) (pin, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, fingerprint) {
		// 32 bytes in base64 without the padding.
		if len(text) != len(fingerprint)+43 {
			return pin{}, errors.New("the server's fingerprint is not whole; ssh-keygen -lf prints it")
		}
		return pin{print: text}, nil
	}
	if text == "" {
		return pin{}, errors.New("a place of backups reached by SFTP needs the server's key; ssh-keyscan prints it")
	}
	key, _, _, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil || len(bytes.TrimSpace(rest)) > 0 {
		return pin{}, errors.New("the server's key is not one line like \"ssh-ed25519 AAAA...\"")
	}
	return pin{key, ssh.FingerprintSHA256(key)}, nil
}

// check refuses another key.
func (p pin) check(_ string, _ net.Addr, shown ssh.PublicKey) error {
	if got := ssh.FingerprintSHA256(shown); got != p.print {
		return fmt.Errorf("%w: it shows the key %s %s, the pinned one is %s", errHostKey, shown.Type(), got, p.print)
	}
	return nil
}

// kinds are the kinds of key to ask a server for, one attempt after the other.
func (p pin) kinds() [][]string {
	rsa := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	switch {
	case p.key == nil:
		ecdsa := []string{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521}
		return [][]string{{ssh.KeyAlgoED25519}, ecdsa, rsa}
	case p.key.Type() == ssh.KeyAlgoRSA:
		return [][]string{rsa}
	}
	return [][]string{{p.key.Type()}}
}
