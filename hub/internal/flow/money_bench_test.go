package flow_test

import "testing"

// BenchmarkPayment is a payment of a sale, one after the other, durable: the
// money, the sale, the log and the events in one transaction.
func BenchmarkPayment(b *testing.B) {
	h := newHouse(b)
	for b.Loop() {
		b.StopTimer()
		e := h.sale(1, 20_000)
		h.take(e)
		b.StartTimer()
		if _, err := h.flow.Pay(b.Context(), h.cashier(), h.key(), e.Sale, cash(e.Amount, 20_000)); err != nil {
			b.Fatal(err)
		}
	}
}
