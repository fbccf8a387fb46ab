package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/shared/settings"
)

// config reads the configuration that a command was called with.
func (p *program) config(cmd *cobra.Command) (config.Config, error) {
	flags := map[string]string{}
	for key, value := range p.set {
		flags[key] = value
	}
	for _, short := range []string{"data", "listen", "plain"} {
		if f := cmd.Flags().Lookup(short); f != nil && f.Changed {
			flags[short] = f.Value.String()
		}
	}
	p.given = nil
	if p.file != "" {
		p.given = append(p.given, "--config", p.file)
	}
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		setting := strings.ReplaceAll(key+"="+flags[key], `"`, `""`)
		p.given = append(p.given, "--set", `"`+setting+`"`) // as a line of comma-separated values
	}
	return config.Load(settings.Source{File: p.file, Env: p.env, Flags: flags})
}

// logger is what the configuration asks for, on standard error.
func (p *program) logger(cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Log.Level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(p.errs, options))
	}
	return slog.New(slog.NewTextHandler(p.errs, options))
}

// quiet is the logger of commands whose output is for people.
func (p *program) quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check-config", Short: "Check the configuration and explain every setting", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(cmd)
			if explained := settings.Explain(p.out, &cfg); explained != nil {
				return explained
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.out, "\nThe configuration is good.")
			return err
		},
	}
}
