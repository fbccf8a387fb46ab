package link

import (
	"context"
	"fmt"
	"net/http"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Evidence reads what shows what the dispenser delivered in one of the member's
// own sales, signed by the hub.
func (d *Driver) Evidence(ctx context.Context, sale id.Sale) (wire.Evidence, error) {
	return call[wire.Evidence](ctx, &d.caller, atDriver(get, "orders", sale.String(), "evidence"))
}

// EvidencePDF reads the same as a page.
func (d *Driver) EvidencePDF(ctx context.Context, sale id.Sale) ([]byte, error) {
	r := atDriver(get, "orders", sale.String(), "evidence.pdf")
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	target := d.address(r)
	req, err := d.build(ctx, r, target.String())
	if err != nil {
		return nil, fmt.Errorf("link: %s %s: %w", http.MethodGet, target.Path, err)
	}
	content, err := d.ask(req, maxReplyBytes)
	if err != nil {
		return nil, fmt.Errorf("link: %s %s: %w", http.MethodGet, target.Path, err)
	}
	return content, nil
}

// EvidenceKey reads what evidence of this hub is signed with. It needs no
// session. Whoever doubts the hub takes the key from elsewhere.
func (d *Driver) EvidenceKey(ctx context.Context) (wire.EvidenceKey, error) {
	return call[wire.EvidenceKey](ctx, &d.caller, atDriver(get, "evidence-key"))
}
