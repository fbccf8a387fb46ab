package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/setup"
)

func (p *program) sheetCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "sheet", Short: "Print the recovery sheet: the master key on paper", Args: cobra.NoArgs,
		Long: "Print the recovery sheet. Whoever has it and a copy of the database can read everything; without it and\n" +
			"without the key file nobody can. Print it, and keep it where only the head of the station gets to it:\n" +
			"  hub keys sheet --yes | lp",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(ctx context.Context, _ config.Config, db *database, ring *keyring.Ring) error {
				if err := p.agreeToSheet(yes); err != nil {
					return err
				}
				return p.printSheet(ctx, db.DB, ring)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// agreeToSheet makes sure that the sheet is wanted: it is a secret.
func (p *program) agreeToSheet(yes bool) error {
	if yes {
		return nil
	}
	if !term.IsTerminal(int(p.in.Fd())) {
		return errors.New("the sheet shows the master key; with --yes it is printed without asking")
	}
	agreed, err := p.confirmed("The sheet shows the master key. Is nobody looking, and is it wanted?")
	if err == nil && !agreed {
		err = errors.New("nothing was printed")
	}
	return err
}

func (p *program) printSheet(ctx context.Context, db *mysql.DB, ring *keyring.Ring) error {
	master, err := ring.Master(ctx)
	if err != nil {
		return err
	}
	stations, err := setup.Stations(ctx, db)
	if err != nil {
		return err
	}
	var names []string
	for _, s := range stations {
		names = append(names, s.Name)
	}
	now := clock.Now()
	// The log comes first: no sheet without a trace.
	err = db.InTx(ctx, "noting the recovery sheet", func(ctx context.Context, tx *mysql.Tx) error {
		if err := ring.NoteSheet(ctx, tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, keysRow("keys.sheet", master.Fingerprint(), audit.OK, "by command line"))
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.out, sheetText(master, names, now))
	return err
}

// sheetText is the sheet.
func sheetText(master *vault.Master, stations []string, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, `FORECOURT RECOVERY SHEET                                  密钥恢复单
======================================================================

Stations 油站     %s
Printed 打印时间  %s
Fingerprint 指纹  %s

Master key 主密钥

`, strings.Join(stations, ", "), at.Local().Format("2006-01-02 15:04"), master.Fingerprint())
	for i, line := range vault.Sheet(master.Secret()) {
		fmt.Fprintf(&b, "    %d   %s\n", i+1, line)
	}
	b.WriteString(`
======================================================================
Keep this on paper only, in a sealed envelope, where only the head of
the station gets to it, and not in the room the hub stands in. Whoever
has it and a copy of the database reads everything. Without it, and
without the hub's key file, nobody ever will.
仅以纸质保存，装入信封密封，由站长保管，不得与主机放在一处。持有本单和数据库
副本者可读取全部数据；本单与密钥文件同时遗失，数据永远无法恢复。

When the key file or the passphrase is lost 密钥文件或口令遗失时:
  1. Stop the hub. 停止 hub。
  2. Bring the directory "keys" back from the backup, without vault.key.
     从备份恢复 keys 目录（不含 vault.key）。
  3. Run "hub keys recover" and type the four lines above. Each line is
     checked as it is typed. O and 0, I, L and 1 are taken as the same.
     运行 hub keys recover 并逐行输入，每行输入后即校验。
  4. Set keys.source: file in the configuration and start the hub.
     配置 keys.source: file，然后启动 hub。
  5. Run "hub keys rekey", print a new sheet and burn this one.
     运行 hub keys rekey，重新打印恢复单，销毁本单。
`)
	return b.String()
}

func (p *program) recoverCommand() *cobra.Command {
	return &cobra.Command{
		Use: "recover", Short: "Make the key file of a recovery sheet", Args: cobra.NoArgs,
		Long: "Make the key file of a recovery sheet: the four lines are asked for at the terminal, or read from standard\n" +
			"input. A key file that is there is left alone.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(cmd)
			if err != nil {
				return err
			}
			return p.recover(cfg)
		},
	}
}

func (p *program) recover(cfg config.Config) error {
	file := vault.File{Dir: cfg.VaultDir()}
	if _, err := os.Lstat(file.Path()); err == nil {
		return fmt.Errorf("%s is there; if it is the wrong one, move it away first", file.Path())
	}
	lines, err := p.readSheet()
	if err != nil {
		return err
	}
	secret, err := vault.ReadSheet(lines)
	if err != nil {
		return err
	}
	master, err := vault.NewMaster(secret)
	if err != nil {
		return err
	}
	// What the database's own encryption was wrapped with shows whether it is
	// the right sheet, before anything is written.
	if _, err := atRest(cfg).read(cfg.AtRestKeyFile(), []*vault.Master{master}); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("this sheet has fingerprint %s: %w", master.Fingerprint(), err)
	}
	if err := file.Restore(secret); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s is there again, with fingerprint %s. Set keys.source: file, and start the hub.\n",
		file.Path(), master.Fingerprint())
	return err
}

// readSheet reads the lines of a sheet. At a terminal a line with a slip in it
// is asked for again.
func (p *program) readSheet() (lines [vault.SheetLines]string, err error) {
	asked := term.IsTerminal(int(p.in.Fd()))
	in := bufio.NewScanner(p.in)
	for i := 0; i < len(lines); {
		if asked {
			fmt.Fprintf(p.errs, "Line %d: ", i+1)
		}
		if !in.Scan() {
			return lines, errors.Join(fmt.Errorf("line %d of the sheet is missing", i+1), in.Err())
		}
		line := in.Text()
		if !asked && strings.TrimSpace(line) == "" {
			continue
		}
		switch err := vault.CheckSheetLine(i, line); {
		case err == nil:
			lines[i] = line
			i++
		case !asked:
			return lines, err
		default:
			fmt.Fprintln(p.errs, err)
		}
	}
	return lines, nil
}
