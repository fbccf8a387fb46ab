package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/shared/id"
)

// timelineFile names, in the directory of the own database, the unbroken life of
// its data that the positions of its log belong to. A restore begins another.
const timelineFile = "timeline"

// Timeline is that of the own database, begun when there is none.
func (k *Keeper) Timeline() (string, error) {
	return timeline(k.Source.Copy.Dir, k.Now, k.Random)
}

func timeline(dir string, now func() time.Time, random io.Reader) (string, error) {
	path := filepath.Join(dir, timelineFile)
	text, err := os.ReadFile(path)
	if err == nil {
		name := strings.TrimSpace(string(text))
		if _, err := id.Parse[id.Command](name); err != nil {
			return "", fmt.Errorf("backup: %s does not name a timeline", path)
		}
		return name, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading the timeline: %w", err)
	}
	name := id.New[id.Command](id.NewMaker(now, random)).String()
	return name, writeFile(path, []byte(name+"\n"))
}
