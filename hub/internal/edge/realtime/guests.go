package realtime

import "container/list"

// guests is the connections of guests, oldest first. They have no names to be
// counted by, so all of them are counted together.
type guests struct{ line list.List }

// come counts a guest in and returns the oldest one if there are more than
// bound: it is counted out, and the caller's to end. The server is locked.
func (g *guests) come(c *conn, bound int) (surplus []*conn) {
	c.seat = g.line.PushBack(c)
	if g.line.Len() <= bound {
		return nil
	}
	oldest, _ := g.line.Front().Value.(*conn)
	g.gone(oldest)
	return []*conn{oldest}
}

// gone counts a guest out, who may have been counted out before. The server is
// locked.
func (g *guests) gone(c *conn) {
	if c.seat != nil {
		g.line.Remove(c.seat)
		c.seat = nil
	}
}
