package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/edge/notify"
	"forecourt/hub/internal/edge/objects"
	"forecourt/hub/internal/edge/wechat"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// talk is what serves drivers and those who talk with them, put together.
type talk struct {
	keys     *keyring.Ring
	members  *member.Store
	notices  *notice.Store
	notifier notice.Notifier
	media    *media.Store
	objects  media.Objects
	rooms    *chat.Rooms
	words    chat.Checker
	wechat   *wechat.Client // nil if WeChat is not asked
	closers  []io.Closer
}

// speaking says to WeChat who speaks; nil if it is not asked.
func (t *talk) speaking() func(ctx context.Context, openID string) context.Context {
	if t.wechat == nil {
		return nil
	}
	return wechat.WithOpenID
}

// ticker is where live ticks go.
type ticker interface {
	Tick(key int, f wire.Frame)
}

// newTalk puts it together as the configuration says.
func newTalk(cfg config.Config, db *database, keys *keyring.Ring, ids *id.Maker, live ticker, log *slog.Logger) (*talk, error) {
	t := &talk{keys: keys}
	var err error
	if t.notifier, err = t.openNotifier(cfg, log); err != nil {
		return nil, err
	}
	if t.objects, err = t.openObjects(cfg); err != nil {
		return nil, err
	}
	t.words = chat.NewWords()
	people := member.Deps{
		DB: db.DB, Keys: keys, Now: clock.Now, Random: clock.Random(), IDs: ids, Codes: notice.Codes(t.notifier, ids),
	}
	if w := cfg.WeChat; w.AppID != "" {
		t.wechat = wechat.New(wechat.Options{BaseURL: w.BaseURL, AppID: w.AppID, Secret: w.Secret, Now: clock.Now, Log: log})
		t.words, people.WeChat = wechat.NewChecker(t.words, t.wechat), t.wechat
	}
	t.members = member.New(people)
	t.notices = notice.New(notice.Deps{DB: db.DB, Keys: keys, Now: clock.Now, IDs: ids})
	t.media = media.New(media.Deps{DB: db.DB, Keys: keys, Objects: t.objects, Random: clock.Random(), Now: clock.Now, IDs: ids})
	t.rooms = chat.NewRooms(live, clock.Now, log)
	return t, nil
}

// openNotifier is how codes and notices leave the house.
func (t *talk) openNotifier(cfg config.Config, log *slog.Logger) (notice.Notifier, error) {
	switch cfg.Notify.Kind {
	case config.NotifyFile:
		log.Warn("codes and notices are written to a file; that is for trying things out", "file", cfg.NoticeFile())
		return notify.NewFile(cfg.NoticeFile()), nil
	case config.NotifyWebhook:
		hook, err := notify.NewWebhook(cfg.Notify.URL, cfg.Notify.Secret, clock.Now)
		if err == nil {
			t.closers = append(t.closers, closing(hook.Close))
		}
		return hook, err
	}
	log.Info("no driver can sign in: notify.kind is off")
	return notify.Off{}, nil
}

// openObjects is where pictures and recordings are kept.
func (t *talk) openObjects(cfg config.Config) (media.Objects, error) {
	if cfg.Media.Kind == config.MediaS3 {
		s := cfg.Media.S3
		bucket, err := objects.OpenS3(objects.S3Options{
			Endpoint: s.Endpoint, Bucket: s.Bucket, Prefix: s.Prefix, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
			Region: s.Region, PathStyle: s.PathStyle, Plain: s.Insecure,
		})
		if err != nil {
			return nil, err
		}
		t.closers = append(t.closers, bucket)
		return bucket, nil
	}
	dir, err := objects.OpenDir(cfg.MediaDirectory())
	if err != nil {
		return nil, err
	}
	t.closers = append(t.closers, dir)
	return dir, nil
}

// closing is a function that ends something, as an io.Closer.
type closing func()

// Close ends it.
func (c closing) Close() error { c(); return nil }

// objectsTimeout bounds the trial of where objects are kept.
const objectsTimeout = 30 * time.Second

// check tries where pictures are kept. Pumps and tills do without: a failure
// is reported, and the hub starts.
func (t *talk) check(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, objectsTimeout)
	defer cancel()
	err := objects.Check(ctx, t.objects)
	if dir, ok := t.objects.(*objects.Dir); ok && err == nil {
		_, err = dir.Tidy(ctx, clock.Now())
	}
	if err != nil && ctx.Err() == nil {
		log.Error("pictures and recordings cannot be kept", "error", err)
	}
}

// close ends what was opened.
func (t *talk) close(log *slog.Logger) {
	for _, c := range t.closers {
		if err := c.Close(); err != nil {
			log.Warn("closing", "error", err)
		}
	}
}
