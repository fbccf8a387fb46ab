package main

import (
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
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
)

func (p *program) backupKeyCommand() *cobra.Command {
	var yes, another bool
	var public string
	cmd := &cobra.Command{
		Use: "key", Short: "Make the key that opens the backups, to be kept away from this machine", Args: cobra.NoArgs,
		Long: "Make the key that opens the backups and print it, once: the hub keeps only its public half. Keep it on paper or\n" +
			"a stick, away from this machine, beside the recovery sheet of the master key; a restore after a total loss needs\n" +
			"both. With --public the public half of a key that was made elsewhere (age-keygen) is taken, and nothing is printed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				return p.makeBackupKey(ctx, cfg, db, public, yes, another)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "print it without asking")
	cmd.Flags().BoolVar(&another, "another", false, "add a further key to the one there is; both open what is made from now on")
	cmd.Flags().StringVar(&public, "public", "", "public half of a key that was made elsewhere, age1...")
	return cmd
}

func (p *program) makeBackupKey(ctx context.Context, cfg config.Config, db *database, public string, yes, another bool) error {
	was, err := os.ReadFile(cfg.AwayKeyFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the public key of the backups: %w", err)
	}
	if len(was) > 0 && !another {
		return fmt.Errorf("there is a key already, public half %s; --another adds one", strings.Join(strings.Fields(string(was)), ", "))
	}
	secret := ""
	if public == "" {
		if !yes && !term.IsTerminal(int(p.in.Fd())) {
			return errors.New("the key is printed; with --yes without asking")
		}
		if !yes {
			agreed, err := p.confirmed("The key is printed once and kept nowhere here. Is nobody looking, and is it wanted?")
			if err != nil || !agreed {
				return errors.Join(err, errors.New("nothing was made"))
			}
		}
		if secret, public, err = archive.NewIdentity(clock.Random()); err != nil {
			return err
		}
	}
	if _, err := archive.ParseRecipients(append(strings.Fields(string(was)), public)...); err != nil {
		return err
	}
	// The log comes first: no key without a trace.
	err = audit.Record(ctx, db.DB, audit.Row{At: clock.Now(), Action: "keys.backup", Object: "keys", ObjectID: public, Result: audit.OK, Note: "by command line"})
	if err != nil {
		return err
	}
	if err := writePrivate(cfg.AwayKeyFile(), []byte(strings.TrimSpace(string(was)+"\n"+public)+"\n")); err != nil {
		return err
	}
	if secret == "" {
		_, err = fmt.Fprintf(p.out, "Backups made from now on are opened by the key with the public half %s. Restart the hub if it is at work.\n", public)
		return err
	}
	_, err = io.WriteString(p.out, backupSheet(secret, public, clock.Now()))
	return err
}

// backupSheet is the sheet with the key.
func backupSheet(secret, public string, at time.Time) string {
	return fmt.Sprintf(`FORECOURT KEY OF THE BACKUPS                              备份密钥单
======================================================================

Printed 打印时间       %s
Public half 公钥       %s

# Key 密钥

%s

======================================================================
Keep this away from the hub: on paper in a sealed envelope, or as a file
on a stick that is taken out. Whoever has it and a backup reads the
backup; what is personal in it opens only with the recovery sheet too.
本密钥须与主机分开保管：打印后密封，或存于取下的U盘。持有本密钥与备份者可打开
备份，其中的个人信息还须恢复单方可读取。

After a total loss 整机丢失后:
  1. Install the hub and configure the places of the backups.
     安装 hub 并配置备份位置。
  2. Run "hub keys recover" with the recovery sheet.
     凭密钥恢复单运行 hub keys recover。
  3. Type the key above into a file and run
     将上面的密钥写入文件并运行
       hub restore --identity FILE
  4. Start the hub. pumpd tells it all sales that came after.
     启动 hub，之后的交易由 pumpd 自动补传。

Of the file, the line of the key is read and nothing else. If the hub is at
work, restart it: what it makes from then on opens with this key.
文件中只读取密钥一行。若 hub 正在运行，请重启；此后生成的备份可用本密钥打开。
`, at.Local().Format("2006-01-02 15:04"), public, secret)
}
