package place_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"

	"forecourt/hub/internal/edge/backup/place/placetest"
)

// The packets that a script looks at (draft-ietf-secsh-filexfer-02, section 3).
const (
	sftpVersion  = 2
	sftpWrite    = 6
	sftpRealPath = 16
	sftpStatus   = 101
	sftpExtended = 200

	statusOK      = 0
	statusFailure = 4
)

// syncs is the extension that OpenSSH has and the server of the tests has not.
const syncs = "fsync@openssh.com"

// verdict is what becomes of a request.
type verdict int

const (
	pass   verdict = iota
	refuse         // answered by a failure
	feign          // answered by a success, and not done
	cut            // the connection ends
	late           // done, and the connection ends before the answer
	hang           // never answered
)

// script is a server's bad behaviour, over all its connections.
type script struct {
	// judge says what becomes of request number n, counted from 1; nil passes
	// all.
	judge func(n int, kind byte, body []byte) verdict
	// offer are extensions that are offered besides the server's own.
	offer []string
	// withhold offers none at all.
	withhold bool

	mu     sync.Mutex
	n      int
	synced int // how many times something was synced
	seen   []byte
}

func (s *script) verdict(kind byte, body []byte) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.seen = append(s.seen, kind)
	v := pass
	if s.judge != nil {
		v = s.judge(s.n, kind, body)
	}
	if v == pass && kind == sftpExtended && bytes.Contains(body, []byte(syncs)) {
		s.synced++
		v = feign
	}
	return v
}

// so does something while no request is judged.
func (s *script) so(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// between lets clients see a server through the script.
func between(s *script) func(placetest.Channel) placetest.Channel {
	return func(c placetest.Channel) placetest.Channel {
		return &staged{script: s, Channel: c}
	}
}

var errCut = errors.New("cut by the script")

// staged is a channel whose packets go by a script.
type staged struct {
	placetest.Channel
	script *script
	in     []byte // of a request, not read yet

	mu   sync.Mutex
	out  []byte // of an answer, not whole yet
	mute bool
}

// Read is the server's: it gets the next request that passes.
func (s *staged) Read(p []byte) (int, error) {
	for len(s.in) == 0 {
		packet, err := readPacket(s.Channel)
		if err != nil {
			return 0, err
		}
		if s.in, err = s.request(packet); err != nil {
			_ = s.Close()
			return 0, err
		}
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	return n, nil
}

func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	packet := make([]byte, 4+binary.BigEndian.Uint32(head))
	copy(packet, head)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}

func (s *staged) request(packet []byte) (forward []byte, err error) {
	kind, body := packet[4], packet[5:]
	if kind == 1 { // a greeting
		return packet, nil
	}
	switch s.script.verdict(kind, body) {
	case refuse:
		return nil, s.answer(body[:4], statusFailure)
	case feign:
		return nil, s.answer(body[:4], statusOK)
	case hang:
		return nil, nil
	case cut:
		return nil, errCut
	case late:
		s.mu.Lock()
		s.mute = true
		s.mu.Unlock()
	}
	return packet, nil
}

// answer writes a status in the server's stead.
func (s *staged) answer(id []byte, code byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	packet := append([]byte{0, 0, 0, 17, sftpStatus}, id...)
	_, err := s.Channel.Write(append(packet, 0, 0, 0, code, 0, 0, 0, 0, 0, 0, 0, 0))
	return err
}

// Write is the server's: it answers.
func (s *staged) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, p...)
	for len(s.out) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(s.out))
		if len(s.out) < end {
			break
		}
		packet := s.out[:end]
		s.out = s.out[end:]
		if s.mute {
			return 0, errors.Join(errCut, s.Close())
		}
		if packet[4] == sftpVersion {
			packet = s.greeting(packet)
		}
		if _, err := s.Channel.Write(packet); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// greeting is the server's with other extensions.
func (s *staged) greeting(packet []byte) []byte {
	if s.script.withhold {
		packet = packet[:9]
	}
	packet = bytes.Clone(packet)
	for _, name := range s.script.offer {
		packet = binary.BigEndian.AppendUint32(packet, uint32(len(name)))
		packet = append(packet, name...)
		packet = append(packet, 0, 0, 0, 1, '1')
	}
	binary.BigEndian.PutUint32(packet, uint32(len(packet)-4))
	return packet
}

// only gives a verdict to requests of one kind whose body has something in it.
func only(kind byte, holds string, v verdict) func(int, byte, []byte) verdict {
	return func(_ int, k byte, body []byte) verdict {
		if k == kind && strings.Contains(string(body), holds) {
			return v
		}
		return pass
	}
}
