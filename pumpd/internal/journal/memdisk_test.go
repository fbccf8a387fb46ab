package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"slices"
)

var errInjected = errors.New("injected failure")

// memDisk is a Disk in memory that fails its n-th operation and can lose
// whatever was not synced.
type memDisk struct {
	files    map[string][]byte
	durable  map[string]int // bytes of each file that a power cut leaves
	ops      int
	failAt   int
	failSync bool
	open     []*memFile // renamed along with their files, as inodes are
}

func newMemDisk() *memDisk { return &memDisk{files: map[string][]byte{}, durable: map[string]int{}} }

// fails counts an operation and says whether it is the one to fail.
func (d *memDisk) fails() bool {
	d.ops++
	return d.ops == d.failAt
}

// cutPower tears every file somewhere behind what was synced.
func (d *memDisk) cutPower(seed int) {
	for name, content := range d.files {
		safe := d.durable[name]
		if loose := len(content) - safe; loose > 0 {
			d.files[name] = content[:safe+int(uint(seed)%uint(loose+1))]
		}
	}
}

func (d *memDisk) lastSegment() string {
	return slices.Max(slices.Collect(maps.Keys(d.files)))
}

// firstRecord is where the second record of a segment begins.
func (d *memDisk) firstRecord(number uint64) int {
	frame, _, err := cut(d.files[segmentName(number)])
	if err != nil {
		panic(err)
	}
	return len(frame)
}

func (d *memDisk) List() ([]string, error) {
	if d.fails() {
		return nil, errInjected
	}
	return slices.Sorted(maps.Keys(d.files)), nil
}

func (d *memDisk) ReadFile(name string) ([]byte, error) {
	content, ok := d.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(content), nil
}

func (d *memDisk) ReadAt(name string, b []byte, offset int64) error {
	content, ok := d.files[name]
	if !ok || int(offset)+len(b) > len(content) {
		return fs.ErrNotExist
	}
	copy(b, content[offset:])
	return nil
}

func (d *memDisk) Create(name string) (File, error) {
	if d.fails() {
		return nil, errInjected
	}
	d.files[name], d.durable[name] = nil, 0
	f := &memFile{d, name}
	d.open = append(d.open, f)
	return f, nil
}

func (d *memDisk) Rename(from, to string) error {
	if d.fails() {
		return errInjected
	}
	d.files[to], d.durable[to] = d.files[from], d.durable[from]
	delete(d.files, from)
	delete(d.durable, from)
	for _, f := range d.open {
		if f.name == from {
			f.name = to
		}
	}
	return nil
}

func (d *memDisk) Remove(name string) error {
	if d.fails() {
		return errInjected
	}
	delete(d.files, name)
	return nil
}

func (d *memDisk) Sync() error {
	if d.fails() {
		return errInjected
	}
	return nil
}

func (d *memDisk) Close() error { return nil }

// memFile is an open file of a memDisk.
type memFile struct {
	disk *memDisk
	name string
}

func (f *memFile) Write(b []byte) (int, error) {
	name := f.name
	if f.disk.fails() {
		f.disk.files[name] = append(f.disk.files[name], b[:len(b)/2]...)
		return len(b) / 2, errInjected
	}
	f.disk.files[name] = append(f.disk.files[name], b...)
	return len(b), nil
}

func (f *memFile) Sync() error {
	name := f.name
	if f.disk.fails() || f.disk.failSync {
		return errInjected
	}
	f.disk.durable[name] = len(f.disk.files[name])
	return nil
}

func (f *memFile) Truncate(size int64) error {
	name := f.name
	if f.disk.fails() {
		return errInjected
	}
	f.disk.files[name] = f.disk.files[name][:size]
	f.disk.durable[name] = min(f.disk.durable[name], int(size))
	return nil
}

func (f *memFile) Close() error { return nil }
