package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/edge/notify"
	"forecourt/shared/id"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a shared secret of 32 characters"

func now() time.Time { return time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC) }

func driver() notice.To { return notice.To{Member: id.Member{15: 1}, Phone: "13800000001"} }

func message() notice.Message {
	return notice.Message{
		ID: id.Notice{0: 1, 15: 7}, Kind: "chat.message", Title: "客服消息", Text: "客服回复了您的咨询，请打开小程序查看", At: now(),
	}
}

// golden is the message as it leaves the house.
const golden = `{"id":"01000000000000000000000007","kind":"chat.message","phone":"13800000001",` +
	`"title":"客服消息","text":"客服回复了您的咨询，请打开小程序查看","at":"2026-11-22T07:00:00Z"}`

// hook serves a webhook and makes a Notifier for it.
func hook(t *testing.T, serve http.HandlerFunc) *notify.Webhook {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	w, err := notify.NewWebhook(server.URL+"/token-in-path", secret, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestAWebhookIsPostedASignedMessage(t *testing.T) {
	got := make(chan *http.Request, 1)
	var body []byte
	w := hook(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		got <- r
	})
	if err := w.Send(t.Context(), driver(), message()); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || string(body) != golden {
		t.Errorf("posted by %s as %s:\n%s\nwant\n%s", r.Method, r.Header.Get("Content-Type"), body, golden)
	}
	if got := r.Header.Get("Forecourt-Timestamp"); got != "1795330800" {
		t.Errorf("the timestamp is %s", got)
	}
	// As a receiver checks it.
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", r.Header.Get("Forecourt-Timestamp"), body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); r.Header.Get("Forecourt-Signature") != want {
		t.Errorf("the signature is %s, want %s", r.Header.Get("Forecourt-Signature"), want)
	}
}

func TestOnlyTwoHundredsAreSuccess(t *testing.T) {
	for status, ok := range map[int]bool{200: true, 202: true, 204: true, 301: false, 302: false, 400: false, 401: false, 429: false, 500: false, 503: false} {
		posts := 0
		w := hook(t, func(out http.ResponseWriter, _ *http.Request) {
			posts++
			out.Header().Set("Location", "/elsewhere")
			out.WriteHeader(status)
		})
		err := w.Send(t.Context(), driver(), message())
		if (err == nil) != ok {
			t.Errorf("%d: %v", status, err)
		}
		if posts != 1 {
			t.Errorf("%d: posted %d times; no redirect may be followed", status, posts)
		}
	}
}

// TestErrorsTellNoSecret: neither the number nor the address, which may hold a
// token, is in an error.
func TestErrorsTellNoSecret(t *testing.T) {
	w := hook(t, func(out http.ResponseWriter, _ *http.Request) {
		if conn, _, err := out.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	})
	refusing := hook(t, func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusForbidden) })
	for _, w := range []*notify.Webhook{w, refusing} {
		err := w.Send(t.Context(), driver(), message())
		if err == nil {
			t.Fatal("sent")
		}
		for _, secret := range []string{"13800000001", "token-in-path", secret, "客服"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q tells %q", err, secret)
			}
		}
	}
	for _, address := range []string{"", "ftp://host/token", "host/token", "https://", "http://%zz/token"} {
		if _, err := notify.NewWebhook(address, secret, now); err == nil || strings.Contains(err.Error(), "token") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := notify.NewWebhook("https://host/", "", now); err == nil {
		t.Error("a webhook without a secret was made")
	}
}

// TestAnEndlessAnswerIsNotRead.
func TestAnEndlessAnswerIsNotRead(t *testing.T) {
	ended := make(chan int, 1)
	w := hook(t, func(out http.ResponseWriter, r *http.Request) {
		total := 0
		for chunk := make([]byte, 64<<10); ; {
			n, err := out.Write(chunk)
			total += n
			if err != nil || total > 1<<30 {
				ended <- total
				return
			}
		}
	})
	if err := w.Send(t.Context(), driver(), message()); err != nil {
		t.Errorf("sending: %v", err)
	}
	w.Close()
	if total := <-ended; total > 64<<20 {
		t.Errorf("%d bytes of the answer went out", total)
	}
}

func TestSendingEndsWithItsContext(t *testing.T) {
	arrived, leave := make(chan struct{}, 1), make(chan struct{})
	w := hook(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	})
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- w.Send(ctx, driver(), message()) }()
	<-arrived
	cancel()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Errorf("sending ended with %v", err)
	}
	close(leave)
}

func TestAFileHoldsOneMessageALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notices.ndjson")
	f := notify.NewFile(path)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := f.Send(t.Context(), driver(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	if len(lines) != 50 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if line != golden || !json.Valid([]byte(line)) {
			t.Fatalf("a line is %s", line)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v (%v)", info.Mode(), err)
	}
}

func TestAFileThatWillNotDoIsRefused(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(open, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(full, 65<<20); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		open: "0644", full: "MiB", os.DevNull: "not a file", filepath.Join(t.TempDir(), "no", "such"): "no such",
	} {
		err := notify.NewFile(path).Send(t.Context(), driver(), message())
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want it to say %q", path, err, says)
		}
	}
	if content, err := os.ReadFile(open); err != nil || len(content) != 0 {
		t.Errorf("something was written: %q, %v", content, err)
	}
}

func TestOffSendsNothing(t *testing.T) {
	var n notice.Notifier = notify.Off{}
	if err := n.Send(t.Context(), driver(), message()); !errors.Is(err, notice.ErrOff) {
		t.Errorf("off answers %v", err)
	}
}
