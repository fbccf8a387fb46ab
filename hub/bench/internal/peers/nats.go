package peers

import (
	"errors"
	"fmt"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// natsServer is nats-server's own WebSocket listener, published to from the
// same process.
type natsServer struct {
	address string
	conn    *nats.Conn
}

// NewNATS makes a nats-server with its WebSocket listener.
func NewNATS() (Server, error) {
	server, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true,
		PingInterval: longPing, MaxConn: 1 << 20,
		Websocket: natsserver.WebsocketOpts{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoTLS: true},
	})
	if err != nil {
		return nil, fmt.Errorf("making nats-server: %w", err)
	}
	go server.Start()
	if !server.ReadyForConnections(10 * time.Second) {
		return nil, errors.New("nats-server is not ready")
	}
	conn, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		return nil, fmt.Errorf("connecting inside: %w", err)
	}
	address := server.WebsocketURL()
	const scheme = len("ws://")
	return &natsServer{address[scheme:], conn}, nil
}

func (s *natsServer) Address() string         { return s.address }
func (s *natsServer) Ticket() (string, error) { return "", nil }

func (s *natsServer) Publish(_ uint64, payload []byte) {
	_ = s.conn.Publish(Channel, payload) // the audience counts what is missing
	_ = s.conn.Flush()
}
