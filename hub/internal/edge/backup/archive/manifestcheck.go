package archive

import (
	"errors"
	"fmt"
	"regexp"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

var (
	sumText = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// logFile is what the database calls a file of its log; the name goes to
	// programs and into paths.
	logFile = regexp.MustCompile(`^[0-9A-Za-z_-]{1,60}\.[0-9]{1,12}$`)
)

// check refuses a manifest that could not be restored or that names something
// outside its set.
func (m Manifest) check() error {
	for _, err := range []error{m.checkHead(), m.checkLog(), m.checkComponents(), m.checkTables()} {
		if err != nil {
			return fmt.Errorf("%w: the manifest of set %.40q: %w", ErrDamaged, m.ID, err)
		}
	}
	return nil
}

func (m Manifest) checkHead() error {
	switch {
	case m.Format != Format:
		return fmt.Errorf("format %d", m.Format)
	case !ulidText.MatchString(m.ID):
		return errors.New("the id is no ULID")
	case m.Kind != wire.BackupFull && m.Kind != wire.BackupLogical:
		return fmt.Errorf("kind %.40q", m.Kind)
	case m.Began.IsZero() || m.At.IsZero() || m.Ended.IsZero():
		return errors.New("a time is missing")
	case m.Sales < 0 || m.Schema < 0 || m.Media.Objects < 0 || m.Media.Bytes < 0:
		return errors.New("a count below zero")
	case len(m.Recipients) == 0 || len(m.Recipients) > MaxRecipients:
		return fmt.Errorf("%d public keys", len(m.Recipients))
	}
	return nil
}

// checkLog checks the places in the log: a full set has them.
func (m Manifest) checkLog() error {
	switch {
	case m.Timeline != "" && !ulidText.MatchString(m.Timeline):
		return errors.New("the timeline is no ULID")
	case m.Kind == wire.BackupFull && (m.Timeline == "" || m.From.IsZero() || m.To.IsZero()):
		return errors.New("a full set without its places in the log")
	case m.From.IsZero() && m.To.IsZero():
		return nil
	case !isPosition(m.From) || !isPosition(m.To):
		return errors.New("a place in the log that is none")
	case m.From.Compare(m.To) > 0:
		return errors.New("the copy is of after the set's moment")
	}
	return nil
}

func isPosition(p mysql.Position) bool { return logFile.MatchString(p.File) }

func (m Manifest) checkComponents() error {
	if len(m.Components) > MaxComponents {
		return fmt.Errorf("%d components", len(m.Components))
	}
	seen := map[string]bool{}
	for _, c := range m.Components {
		if seen[c.Name] {
			return fmt.Errorf("component %s twice", c.Name)
		}
		seen[c.Name] = true
		if err := c.check(); err != nil {
			return err
		}
	}
	main := map[wire.BackupKind]string{wire.BackupFull: Database, wire.BackupLogical: Dump}[m.Kind]
	if !seen[main] {
		return fmt.Errorf("no component %s", main)
	}
	return nil
}

// check refuses a component whose parts are not those that a Writer names.
func (c Component) check() error {
	switch {
	case !componentName.MatchString(c.Name):
		return fmt.Errorf("component %.40q", c.Name)
	case c.Bytes < 0 || !sumText.MatchString(c.SHA256):
		return fmt.Errorf("component %s has no size or sum", c.Name)
	case len(c.Parts) == 0 || len(c.Parts) > MaxParts:
		return fmt.Errorf("component %s has %d parts", c.Name, len(c.Parts))
	}
	for i, p := range c.Parts {
		switch {
		case p.Key != PartKey(c.Name, i+1):
			return fmt.Errorf("part %d of %s is called %.60q", i+1, c.Name, p.Key)
		case p.Bytes < 1 || p.Bytes > PartBytes || !sumText.MatchString(p.SHA256):
			return fmt.Errorf("part %s has no size or sum", p.Key)
		}
	}
	return nil
}

func (m Manifest) checkTables() error {
	if len(m.Tables) > MaxTables {
		return fmt.Errorf("%d tables", len(m.Tables))
	}
	seen := map[string]bool{}
	for _, t := range m.Tables {
		if t.Name == "" || seen[t.Name] || t.Rows < 0 {
			return fmt.Errorf("table %.70q has no name, is there twice or has %d rows", t.Name, t.Rows)
		}
		seen[t.Name] = true
	}
	return nil
}
