package peers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Channel is what everybody follows, where channels have free names.
const Channel = "forecourt"

// longPing keeps keep-alives out of the measurement; the audience does not
// answer them.
const longPing = 10 * time.Minute

// centrifugeServer is a server on the Centrifuge library, with its JSON protocol.
type centrifugeServer struct {
	address string
	node    *centrifuge.Node
}

// NewCentrifuge makes a small server on the Centrifuge library. delay is its
// own coalescing of writes; zero leaves it off.
func NewCentrifuge(delay time.Duration) (Server, error) {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		return nil, fmt.Errorf("making a node: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials: &centrifuge.Credentials{UserID: "bench"},
			WriteDelay:  delay,
			PingPongConfig: &centrifuge.PingPongConfig{
				PingInterval: longPing, PongTimeout: longPing / 2,
			},
		}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("running the node: %w", err)
	}
	l, err := listen()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	return &centrifugeServer{l.Addr().String(), node}, nil
}

func (s *centrifugeServer) Address() string         { return s.address }
func (s *centrifugeServer) Ticket() (string, error) { return "", nil }

func (s *centrifugeServer) Publish(_ uint64, payload []byte) {
	data := make([]byte, 0, len(payload)+2)
	data = append(append(append(data, '"'), payload...), '"')
	_, _ = s.node.Publish(Channel, data) // the audience counts what is missing
}
