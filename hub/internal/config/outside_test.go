package config_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/shared/settings"
)

// flags reads "a=b c=d" as flags.
func flags(text string) map[string]string {
	set := map[string]string{}
	for pair := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(pair, "=")
		set[key] = value
	}
	return set
}

const (
	goodS3   = "media.kind=s3 media.s3.endpoint=127.0.0.1:9000 media.s3.bucket=b media.s3.access_key=a media.s3.secret_key=topsecret-s3"
	goodHook = "notify.kind=webhook notify.url=https://sms.example/send notify.secret=topsecret-of-the-hook"
	goodChat = "wechat.app_id=wx1 wechat.secret=topsecret-wechat"
)

func TestOutsideDefaults(t *testing.T) {
	cfg, err := config.Load(settings.Source{Flags: flags("data=/d")})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Notify.Kind != config.NotifyOff || cfg.Media.Kind != config.MediaDir || cfg.WeChat.AppID != "" {
		t.Errorf("defaults %+v %+v %+v", cfg.Notify, cfg.Media, cfg.WeChat)
	}
	if cfg.NoticeFile() != "/d/notices.ndjson" || cfg.MediaDirectory() != "/d/media" || cfg.VaultDir() != "/d/keys" {
		t.Errorf("places %s, %s and %s", cfg.NoticeFile(), cfg.MediaDirectory(), cfg.VaultDir())
	}
	if cfg.Live.Window != 10*time.Millisecond || cfg.Live.Connections != 20_000 {
		t.Errorf("live %+v", cfg.Live)
	}
	cfg, err = config.Load(settings.Source{Flags: flags("notify.kind=file notify.file=/n media.dir=/m")})
	if err != nil || cfg.NoticeFile() != "/n" || cfg.MediaDirectory() != "/m" {
		t.Errorf("%v: %s and %s", err, cfg.NoticeFile(), cfg.MediaDirectory())
	}
}

func TestOutsideGoodOnes(t *testing.T) {
	for _, text := range []string{
		goodS3, goodS3 + " media.s3.insecure=true", goodHook, goodChat,
		goodHook + " notify.url=http://127.0.0.1:8080/", goodChat + " wechat.base_url=http://[::1]:1",
		"notify.kind=file", "live.window=1ms live.connections=10",
	} {
		if _, err := config.Load(settings.Source{Flags: flags(text)}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOutsideMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"notify.kind=pigeon":                                         "notify.kind",
		"notify.kind=webhook":                                        "notify.secret",
		goodHook + " notify.secret=short":                            "notify.secret",
		goodHook + " notify.url=":                                    "notify.url",
		goodHook + " notify.url=http://sms.example/":                 "notify.url: plain HTTP",
		goodHook + " notify.url=ftp://sms.example/":                  "notify.url",
		goodHook + " notify.url=https://u:p@sms.test":                "notify.url",
		"media.kind=tape":                                            "media.kind",
		"media.kind=s3":                                              "media.s3.bucket",
		goodS3 + " media.s3.endpoint=https://s3.test":                "media.s3.endpoint",
		goodS3 + " media.s3.endpoint=s3.test media.s3.insecure=true": "media.s3.insecure",
		"wechat.app_id=wx1":                                          "belong together",
		goodChat + " wechat.base_url=http://wechat.example":          "wechat.base_url",
		"live.window=0s":                                             "live.window",
		"live.window=2s":                                             "live.window",
		"live.connections=1":                                         "live.connections",
		"live.connections=1e9":                                       "live.connections",
	} {
		_, err := config.Load(settings.Source{Flags: flags(text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: a secret is in %v", text, err)
		}
	}
}

func TestOutsideSecretsAreHidden(t *testing.T) {
	cfg, err := config.Load(settings.Source{Flags: flags(goodS3 + " " + goodHook + " " + goodChat)})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "topsecret") {
		t.Errorf("a secret is explained:\n%s", out.String())
	}
	for _, key := range []string{"notify.secret", "media.s3.secret_key", "wechat.secret", "live.connections"} {
		if !strings.Contains(out.String(), key) {
			t.Errorf("%s is not explained", key)
		}
	}
}
