package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/edge/wechat"
)

// TestTheHubShowsThePagesAtBothItsDoors with and without TLS, and says what it
// was asked about WeChat.
func TestTheHubShowsThePagesAtBothItsDoors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html><title>加油</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.env = append(s.env, "FORECOURT_SITE_DIR="+dir, "FORECOURT_WECHAT_APP_ID=wx1", "FORECOURT_WECHAT_SECRET=s", "FORECOURT_WECHAT_URL=http://127.0.0.1:1")
	hub := s.serve(t, "--demo")
	_, enrolled := hub.till(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(enrolled.CA))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	for _, door := range []string{hub.plain, hub.secure} {
		res, err := client.Get(door + "/?code=secret-code") // and on to the pages
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		host := strings.TrimPrefix(strings.TrimPrefix(door, "https://"), "http://")
		if err != nil || res.Request.URL.Path != "/m/" || !strings.Contains(string(body), "加油") ||
			!strings.Contains(res.Header.Get("Content-Security-Policy"), "wss://"+host) {
			t.Errorf("%s shows %s at %s, %v, %v", door, body, res.Request.URL, res.Header, err)
		}
		res, err = client.Post(door+"/v1/driver/wechat", "application/json", strings.NewReader(`{"code":"secret-js-code"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("WeChat is away: %d", res.StatusCode)
		}
	}
	if !strings.Contains(metrics(t, hub), "forecourt_wechat_unanswered_total 2") {
		t.Error("the sign-ins in vain are not counted")
	}
	if strings.Contains(hub.log.String(), "secret-") {
		t.Errorf("the log says %s", hub.log.String())
	}
}

// TestWithoutAMiniProgramNobodyIsTold who speaks.
func TestWithoutAMiniProgramNobodyIsTold(t *testing.T) {
	if (&talk{}).speaking() != nil || (&talk{wechat: wechat.New(wechat.Options{})}).speaking() == nil {
		t.Error("who speaks is told without a mini-program, or not with one")
	}
}
