package till

import (
	"container/list"
	"sync"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
)

// maxCached bounds the pictures and recordings kept in memory, in bytes.
const maxCached = 64 << 20

// piece names something kept: a picture in full or its small copy, or a
// recording.
type piece struct {
	media id.Media
	full  bool
}

// kept is one thing and its name.
type kept struct {
	piece
	image *desk.Image
}

// cache keeps what was used last, within a bound of bytes. The same piece
// always has the same pointer while it is kept. Safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	limit int
	size  int
	order *list.List // of *kept, the one used last in front
	byID  map[piece]*list.Element
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byID: map[piece]*list.Element{}}
}

// get is a piece; false if it is not kept.
func (c *cache) get(p piece) (*desk.Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[p]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).image, true
}

// put keeps a piece and returns it: the one kept already, if there is one.
// What is larger than the whole bound is not kept.
func (c *cache) put(p piece, data []byte) *desk.Image {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[p]; ok {
		return e.Value.(*kept).image
	}
	image := &desk.Image{Data: data}
	if len(data) > c.limit {
		return image
	}
	c.byID[p] = c.order.PushFront(&kept{p, image})
	c.size += len(data)
	for c.size > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*kept)
		delete(c.byID, oldest.piece)
		c.size -= len(oldest.image.Data)
	}
	return image
}
