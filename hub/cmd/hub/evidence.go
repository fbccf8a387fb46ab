package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/shared/wire"
)

// maxEvidenceBytes bounds a file of evidence; one is under 20 kB.
const maxEvidenceBytes = 1 << 20

func (p *program) evidenceKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "evidence-key", Short: "Print the public key that the dispensers' evidence is signed with", Args: cobra.NoArgs,
		Long: "Print the public key that the dispensers' evidence is signed with. Put it where drivers and whoever judges a\n" +
			"dispute find it, such as on the wall: with it evidence is checked without this hub.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := p.evidenceKey(cmd)
			if err == nil {
				_, err = fmt.Fprintln(p.out, key)
			}
			return err
		},
	}
}

// evidenceKey is the public key of this hub.
func (p *program) evidenceKey(cmd *cobra.Command) (key string, err error) {
	err = p.withKeys(cmd, func(_ context.Context, _ config.Config, _ *database, ring *keyring.Ring) error {
		key = evidence.NewKey(ring.Vault.Derive(evidence.KeyLabel)).Public().Key
		return nil
	})
	return key, err
}

func (p *program) verifyEvidenceCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "verify-evidence FILE", Short: "Say whether evidence is what a hub signed", Args: cobra.ExactArgs(1),
		Long: "Say whether evidence is what a hub signed. FILE is the evidence as JSON, or its part \"signed\" alone; - reads\n" +
			"it from the standard input. The key is this hub's; with --key it is another's, and neither keys nor a\n" +
			"database are needed. The key inside the file is not believed.",
		RunE: func(cmd *cobra.Command, args []string) error {
			e, whole, err := p.readEvidence(args[0])
			if err != nil {
				return err
			}
			if key == "" {
				if key, err = p.evidenceKey(cmd); err != nil {
					return err
				}
			}
			return p.verifyEvidence(e, whole, key)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the public key, base64, as `hub evidence-key` prints it")
	return cmd
}

// verifyEvidence checks and says what was checked.
func (p *program) verifyEvidence(e wire.Evidence, whole bool, key string) error {
	if err := evidence.Verify(e.Signed, key); err != nil {
		return err
	}
	if whole {
		if err := evidence.Beside(e); err != nil {
			return err
		}
	}
	fmt.Fprint(p.out, e.Signed.Text)
	if whole {
		fmt.Fprintf(p.out, "\nGOOD: signed with %s; the figures beside the text are the text's.\n", key)
		return nil
	}
	fmt.Fprintf(p.out, "\nGOOD: signed with %s.\n", key)
	return nil
}

// readEvidence reads evidence, or its signed part alone: then whole is false.
func (p *program) readEvidence(name string) (e wire.Evidence, whole bool, err error) {
	text, err := p.readBounded(name)
	if err != nil {
		return e, false, fmt.Errorf("reading evidence: %w", err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, false, fmt.Errorf("reading evidence: %s is no evidence: %w", name, err)
	}
	if e.Signed != (wire.SignedText{}) {
		return e, true, nil
	}
	if err := json.Unmarshal(text, &e.Signed); err != nil {
		return e, false, fmt.Errorf("reading evidence: %s is no evidence: %w", name, err)
	}
	if e.Signed.Text == "" {
		return e, false, fmt.Errorf("reading evidence: %s holds no signed text", name)
	}
	return e, false, nil
}

func (p *program) readBounded(name string) ([]byte, error) {
	file := p.in
	if name != "-" {
		opened, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }()
		file = opened
	}
	text, err := io.ReadAll(io.LimitReader(file, maxEvidenceBytes+1))
	if err == nil && len(text) > maxEvidenceBytes {
		err = errors.New("the file is too large to be evidence")
	}
	return text, err
}
