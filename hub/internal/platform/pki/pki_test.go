package pki_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/hub/internal/platform/pki"
)

// rig is an authority's directory and a clock.
type rig struct {
	dir string
	now time.Time
}

func newRig(t *testing.T) *rig {
	return &rig{dir: filepath.Join(t.TempDir(), "pki"), now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}
}

func (r *rig) clock() time.Time { return r.now }

func (r *rig) load(t *testing.T, names ...string) *pki.Authority {
	t.Helper()
	a, err := pki.Load(pki.Options{Dir: r.dir, Names: names, Now: r.clock, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// handshake connects to a server under cfg as name, trusting ca, and returns
// the server's certificate.
func (r *rig) handshake(t *testing.T, cfg *tls.Config, ca []byte, name string) (*x509.Certificate, error) {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("the CA is not PEM")
	}
	ours, theirs := net.Pipe()
	server := tls.Server(theirs, cfg)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Handshake() // the client reports what matters
		_ = theirs.Close()
	}()
	defer func() { _ = ours.Close(); <-ended }()
	client := tls.Client(ours, &tls.Config{RootCAs: roots, ServerName: name, Time: r.clock})
	if err := client.Handshake(); err != nil {
		return nil, err
	}
	return client.ConnectionState().PeerCertificates[0], nil
}

func TestTheAuthorityStaysAndItsServerIsTrusted(t *testing.T) {
	r := newRig(t)
	first := r.load(t, "Hub.Station.example", "192.0.2.7", " ")
	again := r.load(t, "hub.station.example", "192.0.2.7")
	print, err := pki.Fingerprint(r.dir)
	if err != nil || print != first.Fingerprint() || again.Fingerprint() != print || len(print) != 64 {
		t.Errorf("fingerprints %s, %s, %s, %v", print, first.Fingerprint(), again.Fingerprint(), err)
	}
	for _, name := range []string{"hub.station.example", "192.0.2.7", "localhost", "127.0.0.1", "::1"} {
		a, err1 := r.handshake(t, first.Config(), first.CA(), name)
		b, err2 := r.handshake(t, again.Config(), first.CA(), name)
		if err := errors.Join(err1, err2); err != nil {
			t.Errorf("as %s: %v", name, err)
		} else if !a.Equal(b) {
			t.Errorf("as %s: a restart changed the certificate", name)
		}
	}
	if _, err := r.handshake(t, first.Config(), first.CA(), "other.example"); err == nil {
		t.Error("trusted under a name it was not made for")
	}
	stranger := newRig(t).load(t)
	if _, err := r.handshake(t, first.Config(), stranger.CA(), "localhost"); err == nil {
		t.Error("trusted by who pins another authority")
	}
}

func TestTheServerCertificateFollowsItsNames(t *testing.T) {
	r := newRig(t)
	r.load(t, "old.example")
	a := r.load(t, "new.example")
	if _, err := r.handshake(t, a.Config(), a.CA(), "new.example"); err != nil {
		t.Error(err)
	}
	if _, err := r.handshake(t, a.Config(), a.CA(), "old.example"); err == nil {
		t.Error("the old name is still trusted")
	}
}

func TestTheServerCertificateIsRenewedWhileRunning(t *testing.T) {
	r := newRig(t)
	a := r.load(t)
	cfg := a.Config()
	before, err := r.handshake(t, cfg, a.CA(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	r.now = before.NotAfter.Add(-60 * 24 * time.Hour)
	after, err := r.handshake(t, cfg, a.CA(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	if !after.NotAfter.After(before.NotAfter) {
		t.Errorf("at %v the certificate still ends at %v", r.now, after.NotAfter)
	}
}

func TestTheAuthorityEnds(t *testing.T) {
	r := newRig(t)
	r.load(t)
	r.now = r.now.Add(10 * 365 * 24 * time.Hour)
	if _, err := pki.Load(pki.Options{Dir: r.dir, Now: r.clock, Random: rand.Reader}); err == nil {
		t.Error("an expired authority was loaded")
	}
}

func TestKeysArePrivate(t *testing.T) {
	r := newRig(t)
	r.load(t)
	for name, want := range map[string]os.FileMode{
		".": 0o700 | os.ModeDir, "ca.key": 0o600, "server.key": 0o600, "ca.pem": 0o644, "server.pem": 0o644,
	} {
		info, err := os.Stat(filepath.Join(r.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
	files, err := os.ReadDir(r.dir)
	if err != nil || len(files) != 4 {
		t.Errorf("%d files, %v; want four and no remains", len(files), err)
	}
}

func TestABrokenAuthorityIsNotReplaced(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"no key": func(dir string) error { return os.Remove(filepath.Join(dir, "ca.key")) },
		"another's key": func(dir string) error {
			return os.Rename(filepath.Join(dir, "server.key"), filepath.Join(dir, "ca.key"))
		},
		"torn key":        func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.key"), 40) },
		"torn cert":       func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.pem"), 40) },
		"key for a cert":  func(dir string) error { return os.Rename(filepath.Join(dir, "ca.key"), filepath.Join(dir, "ca.pem")) },
		"cert of nothing": func(dir string) error { return os.WriteFile(filepath.Join(dir, "ca.pem"), make([]byte, 2<<20), 0o600) },
	} {
		r := newRig(t)
		r.load(t)
		if err := spoil(r.dir); err != nil {
			t.Fatal(err)
		}
		if _, err := pki.Load(pki.Options{Dir: r.dir, Now: r.clock, Random: rand.Reader}); err == nil {
			t.Errorf("%s: a new authority was made in place of the broken one", name)
		}
	}
}

func TestAFirstStartThatWasCutOffIsBegunAgain(t *testing.T) {
	r := newRig(t)
	r.load(t)
	if err := os.Remove(filepath.Join(r.dir, "ca.pem")); err != nil { // written last
		t.Fatal(err)
	}
	a := r.load(t)
	if _, err := r.handshake(t, a.Config(), a.CA(), "localhost"); err != nil {
		t.Error(err)
	}
	if _, err := pki.Fingerprint(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("fingerprint before the first start: %v", err)
	}
}

func TestFilesAreTakenUpWhenRenewed(t *testing.T) {
	r, other := newRig(t), newRig(t)
	first, second := r.load(t), other.load(t)
	certPath, keyPath := filepath.Join(r.dir, "server.pem"), filepath.Join(r.dir, "server.key")
	cfg, err := pki.FromFiles(certPath, keyPath, r.clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.handshake(t, cfg, first.CA(), "localhost"); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(time.Minute)
	if err := os.Rename(filepath.Join(other.dir, "server.pem"), certPath); err != nil {
		t.Fatal(err)
	}
	if _, err := r.handshake(t, cfg, first.CA(), "localhost"); err != nil {
		t.Errorf("half of a replacement broke the service: %v", err)
	}
	if err := os.Rename(filepath.Join(other.dir, "server.key"), keyPath); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(time.Minute)
	if _, err := r.handshake(t, cfg, second.CA(), "localhost"); err != nil {
		t.Errorf("the replacement is not in use: %v", err)
	}
	if _, err := pki.FromFiles(certPath, filepath.Join(r.dir, "none"), r.clock); err == nil {
		t.Error("missing files were accepted")
	}
}

func TestACMEServesItsNameOnly(t *testing.T) {
	cfg := pki.ByACME("hub.example", "head@station.example", t.TempDir())
	_, err := cfg.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.example"})
	if err == nil {
		t.Error("a certificate was asked for a name that is not ours")
	}
	if cfg.MinVersion != tls.VersionTLS12 {
		t.Errorf("oldest version is %x", cfg.MinVersion)
	}
}

func TestThePublicNameHasItsOwnCertificate(t *testing.T) {
	own, public := newRig(t), newRig(t)
	ours, theirs := own.load(t, "hub.example"), public.load(t, "hub.example")
	cfg := pki.ByName("Hub.example", theirs.Config(), ours.Config())
	if _, err := own.handshake(t, cfg, theirs.CA(), "hub.example"); err != nil {
		t.Errorf("by the public name: %v", err)
	}
	if _, err := own.handshake(t, cfg, ours.CA(), "localhost"); err != nil {
		t.Errorf("by another name: %v", err)
	}
}
