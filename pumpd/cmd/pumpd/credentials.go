package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"forecourt/pumpd/internal/config"
	"forecourt/shared/link"
	"forecourt/shared/settings"
	"forecourt/shared/wire"
)

// credentials is who we are to which hub, as the file holds it.
type credentials struct {
	HubURL string `json:"hub_url"`
	wire.EnrolReply
}

// maxCredentials bounds the file: a token and a certificate are two kilobytes.
const maxCredentials = 64 << 10

var errNotEnrolled = errors.New("pumpd is not enrolled at a hub yet: run pumpd enrol --hub https://HUB:8443 CODE, with a code from hub enrol")

func readCredentials(file string) (credentials, error) {
	var c credentials
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%w (%s is not there)", errNotEnrolled, file)
	}
	if err == nil && info.Size() > maxCredentials {
		err = fmt.Errorf("larger than %d bytes", maxCredentials)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return c, fmt.Errorf("reading credentials %s: %w", file, err)
	}
	if c.Token == "" || c.Device.IsZero() {
		return c, fmt.Errorf("reading credentials %s: no token or no device in it", file)
	}
	return c, nil
}

// write puts the file in place as a whole, readable by its owner only.
func (c credentials) write(file string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding credentials: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".credentials-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("writing credentials: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// enrolCommand needs no complete configuration: enrolling comes before the lines.
func (p *program) enrolCommand() *cobra.Command {
	var hub, name string
	cmd := &cobra.Command{
		Use: "enrol CODE", Short: "Exchange a one-time code of the hub for credentials", Args: cobra.ExactArgs(1),
		Long: "Exchange the one-time code that `hub enrol` printed for credentials, kept in a file that\nonly its owner can read. The hub is recognised by the fingerprint in the code.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg := config.Default()
			if err := settings.Load(&cfg, p.source()); err != nil {
				return fmt.Errorf("reading the configuration: %w", err)
			}
			if hub == "" {
				hub = cfg.Hub.URL
			}
			if hub == "" {
				return errors.New("which hub: give --hub https://HUB:8443, or hub.url in the configuration")
			}
			file := cfg.Hub.Credentials
			if file == "" {
				file = filepath.Join(cfg.Data, "credentials.json")
			}
			reply, err := link.Enrol(cmd.Context(), hub, args[0], name)
			if err != nil {
				return fmt.Errorf("enrolling at %s: %w", hub, err)
			}
			if reply.Kind != wire.DevicePumpd {
				return fmt.Errorf("the code was made for a %s, not for a %s", reply.Kind, wire.DevicePumpd)
			}
			if err := (credentials{hub, reply}).write(file); err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.out, "Enrolled at %s as %s; credentials are in %s\n", reply.StationName, name, file)
			return err
		},
	}
	cmd.Flags().StringVar(&hub, "hub", "", "the hub, https://host:port")
	cmd.Flags().StringVar(&name, "name", "pumpd", "what the hub calls this pumpd")
	return cmd
}
