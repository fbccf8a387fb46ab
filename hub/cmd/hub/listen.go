package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/edge/httpapi"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/pki"
)

// closeTimeout is how long requests under way may take at the end.
const closeTimeout = 10 * time.Second

// authority opens the hub's own certificate authority.
func authority(cfg config.Config) (*pki.Authority, error) {
	names := append([]string{cfg.TLS.PublicName}, cfg.TLS.Names...)
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	return pki.Load(pki.Options{
		Dir: cfg.KeyDir(), Names: append(names, machineAddresses()...), Now: clock.Now, Random: clock.Random(),
	})
}

// machineAddresses is what this machine is called by on its networks. Without
// them, names in the configuration are all there is.
func machineAddresses() []string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var names []string
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && !network.IP.IsLinkLocalUnicast() {
			names = append(names, network.IP.String())
		}
	}
	return names
}

// door is one listener and the server behind it.
type door struct {
	net.Listener
	server *http.Server
	secure bool
}

// listen opens the doors. Nobody is served yet.
func (h *hub) listen(ctx context.Context) ([]door, error) {
	secure, err := h.tlsConfig()
	if err != nil {
		return nil, err
	}
	doors, err := h.open(ctx, nil, h.cfg.Listen, secure)
	if err == nil && h.cfg.Plain != "" {
		doors, err = h.open(ctx, doors, h.cfg.Plain, nil)
	}
	return doors, err
}

// open opens a further door at address, plain without a TLS configuration. If
// it fails it closes the others.
func (h *hub) open(ctx context.Context, doors []door, address string, secure *tls.Config) ([]door, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		for _, d := range doors {
			_ = d.Close() // it has served nobody
		}
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	server := httpapi.NewServer(h.api, h.log)
	server.TLSConfig = secure
	h.log.Info("serving", "address", listener.Addr().String(), "tls", secure != nil)
	return append(doors, door{limitTo(listener, connections(h.cfg)), server, secure != nil}), nil
}

// tlsConfig is the hub's own certificate, and beside it that of a public name.
func (h *hub) tlsConfig() (*tls.Config, error) {
	own, t := h.authority.Config(), h.cfg.TLS
	switch {
	case t.ACME:
		return pki.ByName(t.PublicName, pki.ByACME(t.PublicName, t.ACMEMail, h.cfg.ACMEDir()), own), nil
	case t.CertFile != "":
		public, err := pki.FromFiles(t.CertFile, t.KeyFile, clock.Now)
		if err != nil {
			return nil, err
		}
		return pki.ByName(strings.ToLower(t.PublicName), public, own), nil
	}
	return own, nil
}

// serve serves who comes through the door until it is closed.
func (d door) serve() error {
	var err error
	if d.secure {
		err = d.server.ServeTLS(d.Listener, "", "")
	} else {
		err = d.server.Serve(d.Listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving %s: %w", d.Addr(), err)
}

// closeDoors tells every socket that the hub is going away, lets requests
// under way finish, and serves nobody any more.
func (h *hub) closeDoors(doors []door) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	h.live.Close(ctx)
	for _, d := range doors {
		if err := d.server.Shutdown(ctx); err != nil {
			h.log.Warn("requests were cut off", "address", d.Addr().String(), "error", err)
			_ = d.server.Close() // there is no more to be done for them
		}
	}
}
