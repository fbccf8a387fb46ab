package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"forecourt/hub/bench/internal/peers"
)

// serveOptions say which server a child is.
type serveOptions struct {
	Kind   string        `json:"kind"`
	Window time.Duration `json:"window"`
	Pumps  int           `json:"pumps"`
}

// open is where a child can be reached.
type open struct {
	Address string `json:"address"`
	Control string `json:"control"`
	Channel string `json:"channel"`
}

// ask is one line to a child; answer is its line back.
type (
	ask struct {
		Do          string `json:"do"`
		PerSecond   int    `json:"per_second,omitempty"`
		Bytes       int    `json:"bytes,omitempty"`
		ForMS       int64  `json:"for_ms,omitempty"`
		Outstanding int    `json:"outstanding,omitempty"`
	}
	answer struct {
		Ticket string `json:"ticket,omitempty"`
		Sent   uint64 `json:"sent,omitempty"`
		Error  string `json:"error,omitempty"`
	}
)

// makeServer makes the server of a kind.
func makeServer(o serveOptions) (peers.Server, error) {
	switch o.Kind {
	case "rawtcp":
		return peers.NewRawTCP()
	case "naive":
		return peers.NewNaive()
	case "hub":
		return peers.NewHub(peers.HubOptions{Window: o.Window, Pumps: o.Pumps})
	case "centrifuge":
		return peers.NewCentrifuge(o.Window)
	case "nats":
		return peers.NewNATS()
	}
	return nil, fmt.Errorf("no server of kind %q", o.Kind)
}

// serve is a child's life: it ends when its standard input does.
func serve(o serveOptions) error {
	server, err := makeServer(o)
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("opening the control port: %w", err)
	}
	where := open{Address: server.Address(), Control: control.Addr().String(), Channel: peers.Channel}
	if named, ok := server.(interface{ Channel() string }); ok {
		where.Channel = named.Channel()
	}
	c := &controller{server: server, publisher: peers.NewPublisher(server), credits: make(chan struct{}, 1<<16)}
	go c.listen(control)
	if err := json.NewEncoder(os.Stdout).Encode(where); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// controller obeys the lines that arrive on the control port.
type controller struct {
	server    peers.Server
	publisher *peers.Publisher
	credits   chan struct{}
}

func (c *controller) listen(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go c.talk(conn)
	}
}

func (c *controller) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewScanner(conn)
	out := json.NewEncoder(conn)
	for lines.Scan() {
		if lines.Text() == "c" {
			select {
			case c.credits <- struct{}{}:
			default: // more than anyone is owed
			}
			continue
		}
		var a ask
		err := json.Unmarshal(lines.Bytes(), &a)
		var reply answer
		if err == nil {
			reply, err = c.obey(a)
		}
		if err != nil {
			reply.Error = err.Error()
		}
		if out.Encode(reply) != nil {
			return
		}
	}
}

func (c *controller) obey(a ask) (answer, error) {
	last := time.Duration(a.ForMS) * time.Millisecond
	switch a.Do {
	case "ticket":
		t, err := c.server.Ticket()
		return answer{Ticket: t}, err
	case "rate":
		return answer{Sent: c.publisher.Run(peers.Schedule{PerSecond: a.PerSecond, Bytes: a.Bytes, For: last})}, nil
	case "closed":
		for len(c.credits) > 0 {
			<-c.credits
		}
		return answer{Sent: c.publisher.RunClosed(a.Bytes, a.Outstanding, last, c.credits)}, nil
	}
	return answer{}, errors.New("no such request")
}

// control is the other end of a control port.
type control struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialControl(address string) (*control, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("reaching the control port: %w", err)
	}
	return &control{conn, bufio.NewReader(conn)}, nil
}

// patience is how long after its time a run of messages may end. A server that
// waits for a reader who takes nothing never ends it.
const patience = 10 * time.Second

// ask sends a request and waits for its answer.
func (c *control) ask(a ask) (answer, error) {
	var reply answer
	if err := c.conn.SetDeadline(time.Now().Add(time.Duration(a.ForMS)*time.Millisecond + patience)); err != nil {
		return reply, fmt.Errorf("bounding the wait: %w", err)
	}
	line, err := json.Marshal(a)
	if err != nil {
		return reply, err
	}
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		return reply, fmt.Errorf("asking for %s: %w", a.Do, err)
	}
	text, err := c.in.ReadBytes('\n')
	if err != nil {
		return reply, fmt.Errorf("asking for %s: %w", a.Do, err)
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return reply, fmt.Errorf("asking for %s: %w", a.Do, err)
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}
