package mirror

import (
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// evictSettled forgets the oldest settled of sales beyond
// wire.MaxSettledInSnap, and says which; what waits for a hand stays.
func evictSettled[S any](sales map[id.Sale]S, state func(S) wire.SaleState) []id.Sale {
	var settled []id.Sale
	for key, s := range sales {
		if !Waiting(state(s)) {
			settled = append(settled, key)
		}
	}
	if len(settled) <= wire.MaxSettledInSnap {
		return nil
	}
	slices.SortFunc(settled, olderID)
	gone := settled[:len(settled)-wire.MaxSettledInSnap]
	for _, key := range gone {
		delete(sales, key)
	}
	return gone
}

// salesChanged is the change of one sale and of those that it pushed out.
func salesChanged(which id.Sale, gone []id.Sale) Change {
	changed := []id.Sale{which}
	for _, key := range gone {
		if key != which {
			changed = append(changed, key)
		}
	}
	return Change{Sales: changed}
}
