// Hub is the centre of a petrol station: it takes what pumpd tells of the
// dispensers, keeps the sales and the money, and shows both to the tills.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/edge/httpapi"
)

// version is the build's; the linker sets it.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	self, err := os.Executable()
	if err != nil {
		self = "" // what it would do in another process it does itself
	}
	p := &program{self: self, env: os.Environ(), in: os.Stdin, out: os.Stdout, errs: os.Stderr, now: time.Now}
	err = p.command().ExecuteContext(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

// program is what the commands share: the world around them and the flags
// that all of them know.
type program struct {
	env       []string
	in        *os.File
	out, errs io.Writer
	// now is the clock with its monotonic reading, for durations.
	now func() time.Time
	// self is this program's file, "" where it cannot be run again.
	self string

	file string
	set  map[string]string
	// given is the flags that the configuration was read with.
	given []string
}

// command is the whole command line.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "hub",
		Short:         "The centre of a petrol station",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.SetOut(p.out)
	root.SetErr(p.errs)
	flags := root.PersistentFlags()
	flags.StringVar(&p.file, "config", "", "configuration file (YAML)")
	flags.StringToStringVar(&p.set, "set", nil, "one setting, as in the file: --set tls.public_name=hub.example")
	for _, short := range []struct{ name, use string }{
		{"data", "directory of everything the hub keeps"},
		{"listen", "address for HTTPS"},
		{"plain", "further address for plain HTTP, on loopback only"},
	} {
		flags.String(short.name, "", short.use)
	}
	root.AddCommand(
		p.serveCommand(), p.checkCommand(), p.migrateCommand(), p.setUpCommand(), p.seedCommand(), p.enrolCommand(),
		p.deviceCommand(), p.staffCommand(), p.keysCommand(), p.backupCommand(), p.restoreCommand(), p.verifyCommand(), p.evidenceKeyCommand(), p.verifyEvidenceCommand(), p.logCommand(), p.nozzleCodesCommand(), p.loadCannedCommand(), p.openapiCommand(),
		p.versionCommand(),
	)
	return root
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, version)
			return err
		},
	}
}

func (p *program) openapiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "openapi", Short: "Print the OpenAPI document of requests, commands and the socket", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			// The document of the sources is the same for every build of them.
			text, err := httpapi.Document("1")
			if err == nil {
				_, err = p.out.Write(text)
			}
			return err
		},
	}
}
