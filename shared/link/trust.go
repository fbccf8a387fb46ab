package link

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// parseBase checks where the hub is.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("link: the hub's address is not a URL")
	}
	if base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("link: %q: expected https://host:port", base.Redacted())
	}
	switch {
	case base.Scheme == "https", base.Scheme == "http" && loopback(base.Hostname()):
		return base, nil
	case base.Scheme == "http":
		return nil, fmt.Errorf("link: %q: plain http is for this machine only; use https", text)
	}
	return nil, fmt.Errorf("link: %q: expected https://host:port", text)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// trustOnly trusts the authority in ca and no other, or the system's if ca is empty.
func trustOnly(ca []byte) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) == 0 {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(ca) {
		return nil, errors.New("link: the certificate authority is not PEM")
	}
	return config, nil
}

// errNotPinned says that a hub is not the one the enrolment code came from.
var errNotPinned = errors.New("the hub's certificate authority is not the one in the enrolment code")

// pinned trusts whoever shows a chain up to the authority whose certificate
// has this SHA-256, before that certificate itself is known. The authority
// must be part of the chain the hub sends.
func pinned(host string, fingerprint [sha256.Size]byte) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// The checks are made below instead: the system's authorities have
		// nothing to say about a hub that made its own.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			return verifyPinned(state.PeerCertificates, host, fingerprint)
		},
	}
}

func verifyPinned(chain []*x509.Certificate, host string, fingerprint [sha256.Size]byte) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, cert := range chain {
		if sha256.Sum256(cert.Raw) == fingerprint {
			roots.AddCert(cert)
			found = true
		} else {
			between.AddCert(cert)
		}
	}
	if !found {
		return errNotPinned
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between})
	return err
}

// checkAuthority makes sure that the authority to be pinned is the one in the code.
func checkAuthority(ca string, fingerprint [sha256.Size]byte) error {
	block, _ := pem.Decode([]byte(ca))
	if block == nil || sha256.Sum256(block.Bytes) != fingerprint {
		return errNotPinned
	}
	return nil
}

// parseFingerprint reads 64 hexadecimal digits.
func parseFingerprint(text string) (sum [sha256.Size]byte, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(sum) {
		return sum, errors.New("the part after the point is not a SHA-256 in hexadecimal")
	}
	copy(sum[:], raw)
	return sum, nil
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// patient bounds a dial by a time that is asked for on each dial.
func patient(dial dialer, patience func() time.Duration) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, patience())
		defer cancel()
		return dial(ctx, network, address)
	}
}

// newTransport speaks HTTP/1.1 only: a WebSocket needs it, and a ticket's
// connection can then carry the upgrade. It reads no proxy from the
// environment: the hub is on the station's own network.
func newTransport(config *tls.Config, dial dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    dialTimeout,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxReplyHeaderBytes,
	}
}

func newHTTP(transport *http.Transport) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
