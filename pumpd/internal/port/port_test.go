package port

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"go.bug.st/serial"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"forecourt/pumpd/internal/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMode: the port is asked for exactly what is configured. On a pty parity
// and speed are only for show, so this is where they are proved.
func TestMode(t *testing.T) {
	tests := map[string]struct {
		config Config
		want   serial.Mode
		bad    bool
	}{
		"defaults":      {config: Config{}, want: serial.Mode{BaudRate: 9600, DataBits: 8, Parity: serial.OddParity, StopBits: serial.OneStopBit}},
		"8O1 at 19200":  {config: Config{Baud: 19200, Frame: "8o1"}, want: serial.Mode{BaudRate: 19200, DataBits: 8, Parity: serial.OddParity, StopBits: serial.OneStopBit}},
		"an odd rate":   {config: Config{Baud: 5787, Frame: "8E1"}, want: serial.Mode{BaudRate: 5787, DataBits: 8, Parity: serial.EvenParity, StopBits: serial.OneStopBit}},
		"two stop bits": {config: Config{Frame: "7N2"}, want: serial.Mode{BaudRate: 9600, DataBits: 7, Parity: serial.NoParity, StopBits: serial.TwoStopBits}},
		"mark":          {config: Config{Frame: "7M1"}, want: serial.Mode{BaudRate: 9600, DataBits: 7, Parity: serial.MarkParity, StopBits: serial.OneStopBit}},
		"space":         {config: Config{Frame: "7S1"}, want: serial.Mode{BaudRate: 9600, DataBits: 7, Parity: serial.SpaceParity, StopBits: serial.OneStopBit}},
		"too slow":      {config: Config{Baud: 110}, bad: true},
		"too fast":      {config: Config{Baud: 1_000_000}, bad: true},
		"9 data bits":   {config: Config{Frame: "9N1"}, bad: true},
		"parity X":      {config: Config{Frame: "8X1"}, bad: true},
		"3 stop bits":   {config: Config{Frame: "8N3"}, bad: true},
		"too long":      {config: Config{Frame: "8N1 "}, bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.config.Serial = "/dev/of-no-matter"
			asked := false
			_, err := Open(t.Context(), tt.config, Options{Now: time.Now, OpenSerial: func(path string, mode *serial.Mode) (serial.Port, error) {
				asked = true
				if diff := cmp.Diff(tt.want, *mode); diff != "" || path != tt.config.Serial {
					t.Errorf("asked for %s %s", path, diff)
				}
				return nil, errors.New("not here")
			}})
			if asked == tt.bad || err == nil || errors.Is(err, driver.ErrLine) == tt.bad {
				t.Errorf("asked %v, %v", asked, err)
			}
		})
	}
}

func TestConfigIsOneOfTwo(t *testing.T) {
	for name, c := range map[string]Config{
		"neither":    {},
		"both":       {TCP: "127.0.0.1:1", Serial: "/dev/x"},
		"no port":    {TCP: "127.0.0.1"},
		"bad serial": {Serial: "/dev/x", Frame: "8"},
	} {
		if c.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// openPTY makes a pseudo-terminal and opens its other end as a serial port.
func openPTY(t *testing.T, echo bool) (*os.File, *Port) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close(); _ = master.Close() })
	p, err := Open(t.Context(), Config{Serial: slave.Name(), Echo: echo}, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return master, p
}

// TestPTY: every byte value passes both ways, and what a terminal would do to
// them is off. The speed at least is stored where the kernel can be asked.
func TestPTY(t *testing.T) {
	master, p := openPTY(t, false)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if err := p.Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if got := readN(t, master, len(all)); !bytes.Equal(got, all) {
		t.Fatalf("the device heard % X", got)
	}
	if _, err := master.Write(all); err != nil {
		t.Fatal(err)
	}
	if got := receiveN(t, p, len(all)); !bytes.Equal(got, all) {
		t.Fatalf("the host heard % X", got)
	}
	set, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if speed := set.Cflag & unix.CBAUD; speed != unix.B9600 {
		t.Errorf("speed bits %o, want those of 9600", speed)
	}
	testQuiet(t, p)
}

// TestTCP: the same over a gateway.
func TestTCP(t *testing.T) {
	device, p := openTCP(t)
	if err := p.Send(t.Context(), []byte{0x53, 0x20, 0xFA}); err != nil {
		t.Fatal(err)
	}
	if got := readN(t, device, 3); !bytes.Equal(got, []byte{0x53, 0x20, 0xFA}) {
		t.Fatalf("the device heard % X", got)
	}
	if _, err := device.Write([]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if got := receiveN(t, p, 3); !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Fatalf("the host heard % X", got)
	}
	testQuiet(t, p)
	_ = device.Close()
	if _, err := p.Receive(t.Context(), make([]byte, 8), time.Second); !errors.Is(err, driver.ErrLine) {
		t.Fatalf("Receive on a broken line: %v, want ErrLine", err)
	}
}

func openTCP(t *testing.T) (net.Conn, *Port) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p, err := Open(t.Context(), Config{TCP: l.Addr().String()}, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	device, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = device.Close() })
	return device, p
}

// testQuiet: nothing in time, a cancelled context, and what Discard drops.
func testQuiet(t *testing.T, p *Port) {
	t.Helper()
	buf := make([]byte, 8)
	if n, err := p.Receive(t.Context(), buf, 10*time.Millisecond); !errors.Is(err, driver.ErrNoAnswer) || n != 0 {
		t.Fatalf("a quiet line: %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Receive(ctx, buf, time.Hour); !errors.Is(err, context.Canceled) {
		t.Fatalf("Receive with a cancelled context: %v", err)
	}
	if err := p.Send(ctx, buf); !errors.Is(err, context.Canceled) {
		t.Fatalf("Send with a cancelled context: %v", err)
	}
}

// TestDiscard: bytes that nobody read are gone, those after are not.
func TestDiscard(t *testing.T) {
	device, p := openTCP(t)
	_, _ = device.Write([]byte{1, 2, 3, 4})
	receiveN(t, p, 1) // so the rest has surely come too
	p.Discard()
	_, _ = device.Write([]byte{5})
	if got := receiveN(t, p, 1); got[0] != 5 {
		t.Fatalf("heard % X after Discard", got)
	}
}

func TestCloseEndsAWait(t *testing.T) {
	_, p := openTCP(t)
	done := make(chan error, 1)
	go func() {
		_, err := p.Receive(context.WithoutCancel(t.Context()), make([]byte, 8), time.Hour)
		done <- err
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, driver.ErrLine) {
		t.Fatalf("Receive: %v, want ErrLine", err)
	}
	if err := p.Close(); err != nil {
		t.Fatalf("a second Close: %v", err)
	}
}

// TestNobodyThere: a gateway that is off is a line that is down.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := Open(t.Context(), Config{TCP: l.Addr().String()}, Options{Now: time.Now}); !errors.Is(err, driver.ErrLine) {
		t.Fatalf("Open: %v, want ErrLine", err)
	}
	if _, err := Open(t.Context(), Config{Serial: "/dev/no-such-port"}, Options{Now: time.Now}); !errors.Is(err, driver.ErrLine) {
		t.Fatalf("Open: %v, want ErrLine", err)
	}
}

func readN(t *testing.T, f interface{ Read([]byte) (int, error) }, n int) []byte {
	t.Helper()
	out := make([]byte, n)
	for at := 0; at < n; {
		m, err := f.Read(out[at:])
		if err != nil {
			t.Fatal(err)
		}
		at += m
	}
	return out
}

func receiveN(t *testing.T, p *Port, n int) []byte {
	t.Helper()
	var out []byte
	buf := make([]byte, n)
	for len(out) < n {
		m, err := p.Receive(t.Context(), buf[:n-len(out)], 5*time.Second)
		if err != nil {
			t.Fatalf("after % X: %v", out, err)
		}
		out = append(out, buf[:m]...)
	}
	return out
}

// TestEcho: our own bytes are dropped, by what they are and not by how many;
// everything else is handed over whole.
func TestEcho(t *testing.T) {
	tests := []struct {
		name string
		sent [][]byte
		came []byte
		want []byte
	}{
		{"echo, then an answer", [][]byte{{0x53, 0x20, 0xFA}}, []byte{0x53, 0x20, 0xFA, 0x53, 0x70, 0xFA}, []byte{0x53, 0x70, 0xFA}},
		{"no echo after all", [][]byte{{0x53, 0x20, 0xFA}}, []byte{0x53, 0x70, 0xFA}, []byte{0x53, 0x70, 0xFA}},
		{"echo of two frames", [][]byte{{0x53, 0xC1, 0xFA}, {0x54, 0x20, 0xFA}}, []byte{0x53, 0xC1, 0xFA, 0x54, 0x20, 0xFA, 1}, []byte{1}},
		{"first echo lost", [][]byte{{0x53, 0xC1, 0xFA}, {0x54, 0x20, 0xFA}}, []byte{0x54, 0x20, 0xFA, 1}, []byte{1}},
		{"torn echo, then an answer", [][]byte{{0x53, 0x20, 0xFA}}, []byte{0x53, 0x20, 0x53, 0x70, 0xFA}, []byte{0x53, 0x20, 0x53, 0x70, 0xFA}},
		{"nothing sent", nil, []byte{0x53, 0x20, 0xFA}, []byte{0x53, 0x20, 0xFA}},
		{"same again is not an echo", [][]byte{{0x53, 0xFA}}, []byte{0x53, 0xFA, 0x53, 0xFA}, []byte{0x53, 0xFA}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e echo
			for _, f := range tt.sent {
				e.expect(f)
			}
			var got []byte
			for i := range tt.came { // byte by byte, as they may come
				got = append(got, e.filter(tt.came[i:i+1])...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// TestEchoOnAPort: the echoing adapter is a pty whose far end sends back.
func TestEchoOnAPort(t *testing.T) {
	master, p := openPTY(t, true)
	for _, answer := range [][]byte{{0x53, 0x70, 0xFA}, {0x53, 0x20, 0x00}, bytes.Repeat([]byte{7}, 64)} {
		frame := []byte{0x53, 0x20, 0xFA}
		if err := p.Send(t.Context(), frame); err != nil {
			t.Fatal(err)
		}
		if _, err := master.Write(append(readN(t, master, len(frame)), answer...)); err != nil {
			t.Fatal(err)
		}
		if got := receiveN(t, p, len(answer)); !bytes.Equal(got, answer) {
			t.Fatalf("heard % X, want % X", got, answer)
		}
	}
}

// TestWirePace: bytes on a Wire take 11 bits each at its rate, the two
// directions share it, and nothing is lost or changed.
func TestWirePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWire(9600, false, time.Now)
		defer w.Close()
		host, device := w.Host(), w.Device()
		began := time.Now()
		if err := host.Send(t.Context(), make([]byte, 96)); err != nil {
			t.Fatal(err)
		}
		_, _ = device.Write([]byte{1, 2, 3}) // waits until the host is done
		readN(t, device, 96)
		if took := time.Since(began).Round(time.Microsecond); took < 109_900*time.Microsecond || took > 110*time.Millisecond {
			t.Fatalf("96 bytes took %v, want 110ms", took)
		}
		receiveN(t, host, 3)
		if took := time.Since(began); took < 113*time.Millisecond || took > 114*time.Millisecond {
			t.Fatalf("99 bytes took %v, want 113.4ms", took)
		}
		if w.Carried() != 99 {
			t.Fatalf("%d bytes carried", w.Carried())
		}
	})
}

func TestWireEcho(t *testing.T) {
	w := NewWire(0, true, time.Now)
	defer w.Close()
	host, device := w.Host(), w.Device()
	rapid.Check(t, func(rt *rapid.T) {
		frame := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "frame")
		answer := append([]byte{^frame[0]}, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "answer")...)
		if err := host.Send(t.Context(), frame); err != nil {
			rt.Fatal(err)
		}
		if got := readN(t, device, len(frame)); !bytes.Equal(got, frame) {
			rt.Fatalf("the device heard % X", got)
		}
		_, _ = device.Write(answer)
		if got := receiveN(t, host, len(answer)); !bytes.Equal(got, answer) {
			rt.Fatalf("heard % X, want % X", got, answer)
		}
	})
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		began := time.Now()
		if n, err := Pace(t.Context(), &out, 9600, time.Now).Write(make([]byte, 96)); n != 96 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if took := time.Since(began).Round(time.Millisecond); took != 110*time.Millisecond {
			t.Fatalf("96 bytes took %v, want 110ms", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Pace(ctx, &out, 9600, time.Now).Write(make([]byte, 96)); !errors.Is(err, context.Canceled) {
			t.Fatalf("a write on a line that ended: %v", err)
		}
	})
}
