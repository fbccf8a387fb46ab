package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Live bounds the sockets of tills and drivers.
type Live struct {
	Window      time.Duration `yaml:"window" env:"FORECOURT_LIVE_WINDOW" doc:"least time between two messages to one screen while much happens; what happens within it leaves together"`
	Connections int           `yaml:"connections" env:"FORECOURT_LIVE_CONNECTIONS" doc:"sockets open at once; about 16 KB of memory each"`
}

// How notices and one-time codes leave the house.
const (
	NotifyOff     = "off"
	NotifyFile    = "file"
	NotifyWebhook = "webhook"
)

// Notify says how notices and one-time codes reach the drivers' phones.
type Notify struct {
	Kind   string `yaml:"kind" env:"FORECOURT_NOTIFY" doc:"off, file (for trying things out: codes and notices are written to a file) or webhook; without one of the two no driver can sign in"`
	File   string `yaml:"file" env:"FORECOURT_NOTIFY_FILE" doc:"the file, for kind file; empty: notices.ndjson under data"`
	URL    string `yaml:"url" env:"FORECOURT_NOTIFY_URL" doc:"address that takes each message as JSON by POST, for kind webhook: a text message service, or a program of yours in front of one"`
	Secret string `yaml:"secret" env:"FORECOURT_NOTIFY_SECRET" secret:"true" doc:"key that signs what is posted, 16 characters or more, for kind webhook"`
}

// Where uploaded pictures and recordings are kept.
const (
	MediaDir = "dir"
	MediaS3  = "s3"
)

// Media says where uploaded pictures and recordings are kept. They are sealed
// before they get there.
type Media struct {
	Kind string `yaml:"kind" env:"FORECOURT_MEDIA" doc:"dir (a directory) or s3 (a bucket of an S3 service)"`
	Dir  string `yaml:"dir" env:"FORECOURT_MEDIA_DIR" doc:"the directory, for kind dir; empty: media under data"`
	S3   S3     `yaml:"s3"`
}

// S3 is a bucket.
type S3 struct {
	Endpoint  string `yaml:"endpoint" env:"FORECOURT_S3_ENDPOINT" doc:"host or host:port of the service, without https://"`
	Bucket    string `yaml:"bucket" env:"FORECOURT_S3_BUCKET" doc:"the bucket; it must be there"`
	Prefix    string `yaml:"prefix" env:"FORECOURT_S3_PREFIX" doc:"beginning of every key, such as forecourt/"`
	AccessKey string `yaml:"access_key" env:"FORECOURT_S3_ACCESS_KEY" doc:"the access key's id"`
	SecretKey string `yaml:"secret_key" env:"FORECOURT_S3_SECRET_KEY" secret:"true" doc:"its secret"`
	Region    string `yaml:"region" env:"FORECOURT_S3_REGION" doc:"the bucket's region; empty: the service is asked"`
	PathStyle bool   `yaml:"path_style" env:"FORECOURT_S3_PATH_STYLE" doc:"the bucket stands in the path and not in the host's name, as many services of one's own want it"`
	Insecure  bool   `yaml:"insecure" env:"FORECOURT_S3_INSECURE" doc:"plain HTTP, for a service on this machine only"`
}

// WeChat is the mini-program's account, for signing drivers in and for checking
// what they say.
type WeChat struct {
	AppID   string `yaml:"app_id" env:"FORECOURT_WECHAT_APP_ID" doc:"the mini-program's id; empty: WeChat is not asked, drivers sign in by text message, and only the own list of words judges what they say"`
	Secret  string `yaml:"secret" env:"FORECOURT_WECHAT_SECRET" secret:"true" doc:"its secret"`
	BaseURL string `yaml:"base_url" env:"FORECOURT_WECHAT_URL" doc:"address of WeChat's services; empty: https://api.weixin.qq.com"`
}

// Bounds of the sockets: a window that nobody notices, and connections that a
// small box has files and memory for.
const (
	maxWindow      = time.Second
	minConnections = 10
	maxConnections = 200_000
	minSecret      = 16
)

func (c *Config) checkLive() error {
	var errs []error
	if c.Live.Connections < minConnections || c.Live.Connections > maxConnections {
		errs = append(errs, fmt.Errorf("live.connections: %d is not between %d and %d", c.Live.Connections, minConnections, maxConnections))
	}
	return errors.Join(append(errs, between("live.window", c.Live.Window, time.Millisecond, maxWindow))...)
}

func (c *Config) checkNotify() error {
	n := c.Notify
	switch n.Kind {
	case NotifyOff, NotifyFile:
		return nil
	case NotifyWebhook:
		if len(n.Secret) < minSecret {
			return fmt.Errorf("notify.secret: %d characters or more are needed for a webhook", minSecret)
		}
		return safeAddress("notify.url", n.URL)
	}
	return fmt.Errorf("notify.kind: %q is not %s, %s or %s", n.Kind, NotifyOff, NotifyFile, NotifyWebhook)
}

func (c *Config) checkMedia() error {
	switch c.Media.Kind {
	case MediaDir:
		return nil
	case MediaS3:
		return c.Media.S3.check()
	}
	return fmt.Errorf("media.kind: %q is neither %s nor %s", c.Media.Kind, MediaDir, MediaS3)
}

func (s S3) check() error {
	var errs []error
	for key, value := range map[string]string{
		"endpoint": s.Endpoint, "bucket": s.Bucket, "access_key": s.AccessKey, "secret_key": s.SecretKey,
	} {
		if value == "" {
			errs = append(errs, fmt.Errorf("media.s3.%s: is needed for kind s3", key))
		}
	}
	if strings.Contains(s.Endpoint, "/") {
		errs = append(errs, fmt.Errorf("media.s3.endpoint: %q is not host or host:port", s.Endpoint))
	}
	if s.Insecure && !onThisMachine(s.Endpoint) {
		errs = append(errs, errors.New("media.s3.insecure: is for a service on this machine only, such as 127.0.0.1:9000"))
	}
	return errors.Join(errs...)
}

func (c *Config) checkWeChat() error {
	w := c.WeChat
	switch {
	case (w.AppID == "") != (w.Secret == ""):
		return errors.New("wechat: app_id and secret belong together")
	case w.BaseURL != "":
		return safeAddress("wechat.base_url", w.BaseURL)
	}
	return nil
}

// safeAddress checks an address that secrets are sent to: HTTPS, or this
// machine itself.
func safeAddress(key, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%s: is not of the form https://host/path", key) // it may hold a token
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Host)) {
		return fmt.Errorf("%s: plain HTTP is for this machine only; use https", key)
	}
	return nil
}

// onThisMachine reports whether a host, with or without a port, is a loopback
// IP.
func onThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// VaultDir is where the key of everything sealed lives.
func (c *Config) VaultDir() string { return filepath.Join(c.Data, "keys") }

// NoticeFile is where kind file writes.
func (c *Config) NoticeFile() string {
	if c.Notify.File != "" {
		return c.Notify.File
	}
	return filepath.Join(c.Data, "notices.ndjson")
}

// MediaDirectory is where kind dir keeps pictures and recordings.
func (c *Config) MediaDirectory() string {
	if c.Media.Dir != "" {
		return c.Media.Dir
	}
	return filepath.Join(c.Data, "media")
}
