// Package pki gives the hub its certificates: from its own authority, which
// it makes on first start and which tills and pumpd pin; from files; or, for a
// public name, from an authority of the internet by ACME.
//
// # What it promises
//
//   - The own authority is made once and kept: its fingerprint is what
//     enrolled devices trust, for ten years. It is never replaced silently; a
//     broken or half-removed one is an error.
//   - The server's certificate follows the configured names and is renewed
//     well before it expires, while the hub runs.
//   - Private keys are files only the hub's user can read, and are never
//     logged. Everything is written beside its place and renamed into it.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// authorityLife is how long enrolled devices can trust the hub without
	// being enrolled again: longer than the machine lasts.
	authorityLife = 10 * 365 * 24 * time.Hour
	// serverLife is the server certificate's, renewed when renewBefore is left.
	serverLife  = 397 * 24 * time.Hour
	renewBefore = 60 * 24 * time.Hour
	// backdate lets devices whose clock is behind ours trust a fresh certificate.
	backdate = 48 * time.Hour
	// serialBytes makes serial numbers that do not meet again.
	serialBytes = 15
)

// Files of the directory.
const (
	caCertFile     = "ca.pem"
	caKeyFile      = "ca.key"
	serverCertFile = "server.pem"
	serverKeyFile  = "server.key"
)

// Options says where an Authority lives and for whom it vouches.
type Options struct {
	// Dir holds the files; it is made if missing, for the hub's user only.
	Dir string
	// Names are the host names and IP addresses that devices call the hub by,
	// beside localhost.
	Names []string
	// Now is the clock, Random the source of keys and serial numbers.
	Now    func() time.Time
	Random io.Reader
}

// Authority is the hub's own certificate authority and its server
// certificate. It is safe for concurrent use.
type Authority struct {
	opts  Options
	names []string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey

	mu     sync.Mutex
	server *tls.Certificate
}

// Load opens the authority in o.Dir, making it the first time, and has a
// server certificate ready for o.Names.
func Load(o Options) (*Authority, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the certificate directory: %w", err)
	}
	a := &Authority{opts: o, names: allNames(o.Names)}
	if err := a.loadOrMake(); err != nil {
		return nil, err
	}
	if !o.Now().Before(a.cert.NotAfter) {
		return nil, fmt.Errorf("pki: the hub's own authority expired on %s; move %s away and enrol every device again",
			a.cert.NotAfter.Format(time.DateOnly), o.Dir)
	}
	if _, err := a.serverCertificate(); err != nil {
		return nil, err
	}
	return a, nil
}

// allNames is what the server certificate is for, sorted and each once.
func allNames(names []string) []string {
	all := []string{"localhost", "127.0.0.1", "::1"}
	for _, name := range names {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// CA is the authority's certificate, PEM.
func (a *Authority) CA() []byte { return certPEM(a.cert.Raw) }

// Fingerprint is the SHA-256 of the authority's certificate (DER), in hex. It
// travels in an enrolment code.
func (a *Authority) Fingerprint() string { return fingerprint(a.cert.Raw) }

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Fingerprint reads the fingerprint of the authority in dir without touching
// it, for a command that prints a code beside a running hub. It is
// fs.ErrNotExist before the first start.
func Fingerprint(dir string) (string, error) {
	cert, err := readCert(filepath.Join(dir, caCertFile))
	if err != nil {
		return "", err
	}
	return fingerprint(cert.Raw), nil
}

// Config is the server's TLS configuration. The certificate is looked after
// at every handshake: a renewed one is used without a restart. The authority's
// own certificate is sent along, so that a device that knows no more than its
// fingerprint can pin it.
func (a *Authority) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.serverCertificate() },
	}
}

// loadOrMake reads the authority, or makes it where nothing of it is there.
func (a *Authority) loadOrMake() error {
	certPath, keyPath := filepath.Join(a.opts.Dir, caCertFile), filepath.Join(a.opts.Dir, caKeyFile)
	cert, certErr := readCert(certPath)
	key, keyErr := readKey(keyPath)
	if errors.Is(certErr, fs.ErrNotExist) {
		// A key alone is what a first start that was cut off leaves: the
		// certificate is written last, and nobody trusts it yet.
		return a.make(certPath, keyPath)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return fmt.Errorf("opening the hub's own authority; restore it from a backup, or move %s away and enrol every device again: %w", a.opts.Dir, err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return fmt.Errorf("pki: %s and %s do not belong together", certPath, keyPath)
	}
	a.cert, a.key = cert, key
	return nil
}

func (a *Authority) make(certPath, keyPath string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.opts.Random)
	if err != nil {
		return fmt.Errorf("making the authority's key: %w", err)
	}
	template, err := a.template("Forecourt hub authority", authorityLife)
	if err != nil {
		return err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(a.opts.Random, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("making the authority's certificate: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("reading the authority's certificate back: %w", err)
	}
	a.key = key
	if err := writeKey(keyPath, key); err != nil {
		return err
	}
	return writeFile(certPath, certPEM(der), 0o644)
}

// serverCertificate is the certificate in use, read or made when there is
// none that will do.
func (a *Authority) serverCertificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server != nil && a.fits(a.server.Leaf) {
		return a.server, nil
	}
	certPath, keyPath := filepath.Join(a.opts.Dir, serverCertFile), filepath.Join(a.opts.Dir, serverKeyFile)
	if a.server == nil {
		if stored, err := tls.LoadX509KeyPair(certPath, keyPath); err == nil && a.fits(stored.Leaf) {
			a.server = &stored
			return a.server, nil
		}
	}
	fresh, err := a.issue(certPath, keyPath)
	if err != nil && a.server != nil && a.opts.Now().Before(a.server.Leaf.NotAfter) {
		return a.server, nil // a full disk must not end a service that has weeks left
	}
	if err != nil {
		return nil, err
	}
	a.server = fresh
	return fresh, nil
}

// fits reports whether cert is ours, for our names, and has time left.
func (a *Authority) fits(cert *x509.Certificate) bool {
	if cert == nil || cert.CheckSignatureFrom(a.cert) != nil {
		return false
	}
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return slices.Equal(allNames(names), a.names) && a.opts.Now().Add(renewBefore).Before(cert.NotAfter)
}

// issue makes a server certificate and its key, and keeps both.
func (a *Authority) issue(certPath, keyPath string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.opts.Random)
	if err != nil {
		return nil, fmt.Errorf("making the server's key: %w", err)
	}
	template, err := a.template("Forecourt hub", serverLife)
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	for _, name := range a.names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(a.opts.Random, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("making the server's certificate: %w", err)
	}
	if err := writeKey(keyPath, key); err != nil {
		return nil, err
	}
	if err := writeFile(certPath, append(certPEM(der), a.CA()...), 0o644); err != nil {
		return nil, err
	}
	fresh, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("reading the server's certificate back: %w", err)
	}
	return &fresh, nil
}

// template is what both kinds of certificates have in common.
func (a *Authority) template(name string, life time.Duration) (*x509.Certificate, error) {
	number := make([]byte, serialBytes)
	if _, err := io.ReadFull(a.opts.Random, number); err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	now := a.opts.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(number), Subject: pkix.Name{CommonName: name, Organization: []string{"Forecourt"}},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(life),
	}, nil
}
