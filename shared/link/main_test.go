package link

import (
	"testing"

	"go.uber.org/goleak"
)

// The proxy of the network tests leaves goroutines of its own behind when a
// fault is taken away from a connection that is just closing.
func TestMain(m *testing.M) {
	const proxy = "github.com/Shopify/toxiproxy/v2."
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction(proxy+"(*ToxicLink).read"),
		goleak.IgnoreAnyFunction(proxy+"(*ToxicLink).write"),
	)
}
