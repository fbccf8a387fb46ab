package keyring

import (
	"container/list"
	"sync"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// maxOpened bounds the members' keys kept ready for use: about ten megabytes.
// An opened key saves a query and two microseconds.
const maxOpened = 10_000

// opened remembers members' keys, the most recently used ones.
type opened struct {
	limit int

	mu     sync.Mutex
	byWho  map[id.Member]*list.Element
	recent *list.List // of entry, the most recent first
	banned map[id.Member]bool
}

type entry struct {
	who id.Member
	key *vault.Key
}

func newOpened(limit int) *opened {
	return &opened{limit: limit, byWho: map[id.Member]*list.Element{}, recent: list.New(), banned: map[id.Member]bool{}}
}

// get is a remembered key, or nil.
func (o *opened) get(who id.Member) *vault.Key {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.byWho[who]
	if !ok {
		return nil
	}
	o.recent.MoveToFront(e)
	return e.Value.(entry).key
}

// put remembers a key, unless its member was erased meanwhile.
func (o *opened) put(who id.Member, key *vault.Key) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.byWho[who]; known || o.banned[who] {
		return
	}
	o.byWho[who] = o.recent.PushFront(entry{who, key})
	if o.recent.Len() > o.limit {
		oldest := o.recent.Remove(o.recent.Back()).(entry)
		delete(o.byWho, oldest.who)
	}
}

// ban forgets a key and never remembers it again. Those banned are few: the
// members erased in this process's life.
func (o *opened) ban(who id.Member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.banned[who] = true
	if e, ok := o.byWho[who]; ok {
		o.recent.Remove(e)
		delete(o.byWho, who)
	}
}
