package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// maxPEMBytes bounds a certificate or key file.
const maxPEMBytes = 1 << 20

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func readPEM(path, kind string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if info.Size() > maxPEMBytes {
		return nil, fmt.Errorf("pki: %s is too large for a %s", path, kind)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("pki: %s holds no %s", path, kind)
	}
	return block.Bytes, nil
}

func readCert(path string) (*x509.Certificate, error) {
	der, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading certificate %s: %w", path, err)
	}
	return cert, nil
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading key %s: %w", path, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("pki: %s is not an ECDSA key", path)
	}
	return ec, nil
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding a key: %w", err)
	}
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// writeFile writes beside path, has it on disk, and renames it there.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-") // made with mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is nothing to remove
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// reloadEvery is how often files are looked at for a renewed certificate.
const reloadEvery = time.Minute

// FromFiles is a TLS configuration whose certificate chain and key are PEM
// files that somebody else renews; changed files are taken up within a minute.
func FromFiles(certPath, keyPath string, now func() time.Time) (*tls.Config, error) {
	first, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("loading the certificate files: %w", err)
	}
	files := &reloaded{cert: certPath, key: keyPath, now: now, current: &first, at: now()}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return files.get(), nil },
	}, nil
}

// reloaded is a certificate in files that may be replaced.
type reloaded struct {
	cert, key string
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	at      time.Time
}

// get is the newest certificate that could be read: halves of a replacement
// are passed over until both are there.
func (r *reloaded) get() *tls.Certificate {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); now.Sub(r.at) >= reloadEvery {
		r.at = now
		if fresh, err := tls.LoadX509KeyPair(r.cert, r.key); err == nil {
			r.current = &fresh
		}
	}
	return r.current
}

// ByACME is a TLS configuration for a public name, with a certificate that an
// authority of the internet gives and renews; dir caches it. The hub must be
// reachable from there under that name on port 443.
func ByACME(name, mail, dir string) *tls.Config {
	manager := &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(name),
		Cache: autocert.DirCache(dir), Email: mail,
	}
	cfg := manager.TLSConfig()
	cfg.MinVersion = tls.VersionTLS12
	return cfg
}

// ByName is a TLS configuration that answers public to who calls the hub by
// its public name and own to everybody else: phones trust the internet's
// authorities, enrolled devices pin the hub's.
func ByName(name string, public, own *tls.Config) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if strings.EqualFold(hello.ServerName, name) {
				return public, nil
			}
			return own, nil
		},
	}
}
