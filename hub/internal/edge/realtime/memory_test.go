package realtime

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"forecourt/shared/wire"
)

// TestAnIdleConnectionIsSmall holds many phones that follow their driver
// channel and the station's, and counts what the process holds for each: the
// hub's state of it, the library's, the stacks, and the peer's end as well,
// which lives in this process too.
func TestAnIdleConnectionIsSmall(t *testing.T) {
	const phones, bound = 1000, 16 << 10
	h := newHub(t, Limits{Window: -1})
	h.server.deps.Snapshots[familyStation] = h.forecourt.snapshot
	h.server.deps.Snapshots[familyDriver] = h.forecourt.snapshot
	held := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	lines := make([]net.Conn, phones)
	lines[0] = rawPhone(t, h) // what there is once is there
	before := held()
	for i := range lines[1:] {
		lines[1+i] = rawPhone(t, h)
	}
	each := (held() - before) / (phones - 1)
	t.Logf("%d bytes each", each)
	if each > bound {
		t.Errorf("an idle connection holds %d bytes, over %d", each, bound)
	}
	for _, line := range lines {
		_ = line.Close()
	}
}

// rawPhone is a client of next to no memory: the line alone, after its
// handshake, its hello and the answers to it.
func rawPhone(t *testing.T, h *hub) net.Conn {
	t.Helper()
	line, err := net.Dial("tcp", strings.TrimPrefix(h.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(line, "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	in := bufio.NewReaderSize(line, 1024)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake: %v", err)
	}
	driver := h.driver()
	hello, err := wire.Encode(h.hello(driver, h.ask(wire.DriverOf(driver.Member)), h.ask(wire.PublicStation(h.station))))
	if err != nil {
		t.Fatal(err)
	}
	// Masked with zeros, which change nothing.
	head := []byte{finalText, 0x80 | 126, byte(len(hello) >> 8), byte(len(hello)), 0, 0, 0, 0}
	if _, err := line.Write(append(head, hello...)); err != nil {
		t.Fatal(err)
	}
	for got := 0; got < 3; { // welcome and two snapshots
		text, err := in.ReadBytes('}')
		if err != nil {
			t.Fatal(err)
		}
		got += strings.Count(string(text), `"k":"`)
	}
	return line
}
