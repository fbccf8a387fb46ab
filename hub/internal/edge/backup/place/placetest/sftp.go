package placetest

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"forecourt/hub/internal/edge/backup/place"
)

const (
	sftpUser     = "backup"
	sftpPassword = "forecourt-test-password"
)

// Channel is the stream of packets between a client and the SFTP server.
type Channel = io.ReadWriteCloser

// SFTP starts an SFTP server. Its files lie below a directory of the test.
func SFTP(t testing.TB) place.SFTPOptions {
	t.Helper()
	return SFTPThrough(t, nil)
}

// SFTPThrough starts an SFTP server that sees its clients through what between
// makes of their channels: for tests of a server that fails, hangs or lies.
func SFTPThrough(t testing.TB, between func(Channel) Channel) place.SFTPOptions {
	t.Helper()
	host := key(t, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sftpServer{listener: listener, config: sshConfig(t, host), between: between, conns: map[net.Conn]bool{}}
	s.running.Go(s.accept)
	t.Cleanup(s.stop)
	return place.SFTPOptions{
		Address: listener.Addr().String(), User: sftpUser, Password: sftpPassword,
		Dir:     filepath.Join(t.TempDir(), "backups"),
		HostKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey()))),
	}
}

// SFTPKeyFile writes the private key that the account may show instead of its
// password, and says where.
func SFTPKeyFile(t testing.TB) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(private(2), "for tests")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// private is a key that is no secret: number n.
func private(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func key(t testing.TB, n byte) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private(n))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func sshConfig(t testing.TB, host ssh.Signer) *ssh.ServerConfig {
	t.Helper()
	refused := errors.New("refused")
	client := key(t, 2).PublicKey()
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() == sftpUser && string(password) == sftpPassword {
				return nil, nil
			}
			return nil, refused
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, shown ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() == sftpUser && ssh.FingerprintSHA256(shown) == ssh.FingerprintSHA256(client) {
				return nil, nil
			}
			return nil, refused
		},
	}
	config.AddHostKey(host)
	return config
}

type sftpServer struct {
	listener net.Listener
	config   *ssh.ServerConfig
	between  func(Channel) Channel
	running  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	conns   map[net.Conn]bool
}

// stop ends the server and everything that runs for its clients.
func (s *sftpServer) stop() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.stopped = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *sftpServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.stopped {
			_ = conn.Close()
		} else {
			s.conns[conn] = true
			s.running.Go(func() { s.client(conn) })
		}
		s.mu.Unlock()
	}
}

// client serves a connection.
func (s *sftpServer) client(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	secure, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.running.Go(func() { ssh.DiscardRequests(requests) })
	for asked := range channels {
		if asked.ChannelType() != "session" {
			_ = asked.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := asked.Accept()
		if err != nil {
			break
		}
		s.running.Go(func() { s.session(channel, requests) })
	}
	_ = secure.Close()
}

// session waits for the client to ask for SFTP.
func (s *sftpServer) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	for asked := range requests {
		// A string begins with its length, in four bytes.
		wanted := asked.Type == "subsystem" && len(asked.Payload) > 4 && string(asked.Payload[4:]) == "sftp"
		_ = asked.Reply(wanted, nil)
		if wanted {
			s.running.Go(func() { s.files(channel) })
		}
	}
}

func (s *sftpServer) files(channel Channel) {
	if s.between != nil {
		channel = s.between(channel)
	}
	defer func() { _ = channel.Close() }()
	server, err := sftp.NewServer(channel)
	if err != nil {
		return
	}
	_ = server.Serve()
}
