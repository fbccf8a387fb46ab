package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestS055PictureIsSeenAtOnceAndGoesUpFirst(t *testing.T) {
	c := talk()
	for name, c2 := range map[string]struct {
		data []byte
		word string
	}{
		"empty":     {nil, "文件是空的"},
		"too large": {append([]byte("\xff\xd8\xff"), make([]byte, desk.MaxAttachment)...), "图片超过 5 MB"},
		"a program": {[]byte("#!/bin/sh"), "只能发送"},
		"half RIFF": {[]byte("RIFF"), "只能发送"},
	} {
		c.Do(desk.ChatAttach{Name: "x.jpg", Data: c2.data})
		if got := talkOf(t, c).Composer.Problem; !strings.Contains(got, c2.word) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := c.Letters(); len(got) != 0 {
		t.Fatalf("sent %+v", got)
	}
	data := lookbook.Photograph(40, 30, id.Media{1})
	c.Do(desk.ChatAttach{Name: "泵.jpg", Data: data})
	l := c.Letters()
	if len(l) != 1 || l[0].Say.Kind != wire.MessagePicture || string(l[0].Upload.Data) != string(data) || talkOf(t, c).Composer.Problem != "" {
		t.Fatalf("%+v", l)
	}
	own := last(t, c)
	if !own.Uploading || own.Status != "上传中" || own.Image == nil || string(own.Image.Image.Data) != string(data) {
		t.Errorf("%+v", own)
	}
	media := wire.Media{ID: id.New[id.Media](c.IDs), Kind: wire.MediaPicture, Width: 40, Height: 30}
	c.Do(desk.ChatUploaded{Message: l[0].Say.ID, Media: media})
	if b := last(t, c); b.Uploading || b.Status != "发送中" || b.Image.Media != media.ID {
		t.Errorf("%+v", b)
	}
	c.Effects = nil
	c.Says(c.Mine[0], wire.Message{ID: l[0].Say.ID, From: wire.PartyAgent, Kind: wire.MessagePicture, Media: &media})
	if b := last(t, c); b.Image.Image != own.Image.Image || b.Image.Width != 40 || len(effects[desk.FetchImage](c)) != 0 {
		t.Errorf("the picture was taken away and fetched: %+v", b.Image)
	}
}

func TestS055PicturesOfTheDriverAreFetchedAndViewed(t *testing.T) {
	c := talk()
	photo := c.Photo(640, 420)
	c.Says(c.Mine[0], wire.Message{Kind: wire.MessagePicture, Media: photo})
	if got := effects[desk.FetchImage](c); len(got) != 1 || got[0] != (desk.FetchImage{Media: photo.ID}) {
		t.Fatalf("%+v", got)
	}
	if b := last(t, c); b.Image.Image != nil || b.Image.Width != 640 || b.Image.Failed != "" {
		t.Errorf("loading: %+v", b.Image)
	}
	c.Do(desk.ChatImageLoaded{Media: photo.ID, Problem: wire.NewProblem(wire.ProblemStorage, "")})
	if b := last(t, c); b.Image.Failed == "" {
		t.Errorf("failed: %+v", b.Image)
	}
	c.Effects = nil
	c.Do(desk.ChatView{Media: photo.ID})
	if chatOf(t, c).Viewer != nil || len(effects[desk.FetchImage](c)) != 1 {
		t.Error("a touch on a failed picture asks for it again")
	}
	small := &desk.Image{Data: []byte("small")}
	c.Do(desk.ChatImageLoaded{Media: photo.ID, Image: small}, desk.ChatView{Media: photo.ID})
	if b := last(t, c); b.Image.Image != small || chatOf(t, c).Viewer.Text == "" {
		t.Errorf("%+v", b.Image)
	}
	full := &desk.Image{Data: []byte("full")}
	c.Do(desk.ChatImageLoaded{Media: photo.ID, Full: true, Image: full})
	if v := chatOf(t, c).Viewer; v.Image != full || v.Text != "" {
		t.Errorf("%+v", v)
	}
	c.Do(desk.Press{Key: desk.KeyEscape})
	if chatOf(t, c).Viewer != nil || chatOf(t, c).Open == nil {
		t.Error("Escape closes the picture and nothing more")
	}
}

// wav is a recording of a length, as the till makes it.
func wav(d time.Duration) []byte { return make([]byte, 44+32*d.Milliseconds()) }

func TestS055VoiceIsRecordedAndSent(t *testing.T) {
	c := talk()
	c.Do(desk.Press{Key: desk.KeyF7})
	start := effects[desk.StartRecording](c)
	if len(start) != 1 || talkOf(t, c).Composer.Recording != "0:00" {
		t.Fatalf("%+v", start)
	}
	c.Wait(4200 * time.Millisecond)
	if got := talkOf(t, c).Composer; got.Recording != "0:04" || got.Discard.Hidden || got.Voice.Label != "发送语音" {
		t.Errorf("%+v", got)
	}
	c.Do(desk.ChatRecord{}, desk.ChatRecord{})
	if got := effects[desk.StopRecording](c); len(got) != 1 || !got[0].Keep {
		t.Fatalf("%+v", got)
	}
	c.Do(desk.ChatRecorded{Number: start[0].Number, Data: wav(4200 * time.Millisecond)})
	l := c.Letters()
	if len(l) != 1 || l[0].Say.Kind != wire.MessageVoice || l[0].Upload == nil {
		t.Fatalf("%+v", l)
	}
	if b := last(t, c); b.Voice == nil || b.Voice.Length != "5″" || !b.Uploading {
		t.Errorf("%+v", b)
	}
	c.Shows(c.Take(l[0]))
	b := last(t, c)
	if b.Voice.Media.IsZero() || b.Status != "已送达" {
		t.Errorf("%+v", b)
	}
	c.Effects = nil
	c.Do(desk.ChatPlay{Media: b.Voice.Media})
	if v := last(t, c).Voice; !v.Loading || v.Playing {
		t.Errorf("%+v", v)
	}
	c.Do(desk.ChatPlaying{Media: b.Voice.Media})
	if v := last(t, c).Voice; v.Loading || !v.Playing {
		t.Errorf("%+v", v)
	}
	c.Do(desk.ChatPlay{Media: b.Voice.Media})
	if v := last(t, c).Voice; v.Playing || len(effects[desk.StopVoice](c)) != 1 {
		t.Errorf("%+v", v)
	}
	c.Do(desk.ChatPlay{Media: b.Voice.Media}, desk.ChatPlayed{Media: b.Voice.Media, Problem: desk.SoundlessNoProgram})
	if v := last(t, c).Voice; v.Failed != "本机没有播放程序" {
		t.Errorf("%+v", v)
	}
}

func TestRecordingIsBoundedAndCountsDown(t *testing.T) {
	c := talk()
	c.Do(desk.ChatRecord{})
	c.Wait(300 * time.Millisecond)
	c.Do(desk.ChatRecord{})
	if got := effects[desk.StopRecording](c); len(got) != 1 || got[0].Keep || talkOf(t, c).Composer.Problem != "说话时间太短" {
		t.Errorf("a slip of the finger: %+v", got)
	}
	c.Effects = nil
	c.Do(desk.ChatRecord{})
	for range 53 {
		c.Wait(time.Second)
	}
	if got := talkOf(t, c).Composer.Recording; got != "0:53 · 还剩 7 秒" {
		t.Errorf("%q", got)
	}
	for range 20 {
		c.Wait(time.Second)
	}
	if got := effects[desk.StopRecording](c); len(got) != 1 || !got[0].Keep {
		t.Errorf("after a minute: %+v", got)
	}
	number := effects[desk.StartRecording](c)[0].Number
	c.Do(desk.ChatRecorded{Number: number - 1, Data: wav(time.Second)}) // of the one before
	if len(c.Letters()) != 0 {
		t.Error("an old recording was sent")
	}
	c.Do(desk.ChatRecorded{Number: number, Problem: desk.SoundlessNoProgram})
	if got := talkOf(t, c).Composer; got.Recording != "" || !strings.Contains(got.Problem, "没有录音程序") {
		t.Errorf("%+v", got)
	}
}

func TestRecordingIsThrownAwayWithTheConversation(t *testing.T) {
	for name, e := range map[string]desk.Event{
		"Escape": desk.Press{Key: desk.KeyEscape}, "discard": desk.ChatDiscard{}, "another page": desk.GoTo{Page: desk.PageBoard},
	} {
		c := talk()
		c.Do(desk.ChatRecord{})
		number := effects[desk.StartRecording](c)[0].Number
		c.Wait(2 * time.Second)
		c.Do(e)
		if got := effects[desk.StopRecording](c); len(got) != 1 || got[0].Keep {
			t.Errorf("%s: %+v", name, got)
		}
		c.Do(desk.ChatRecorded{Number: number, Data: wav(2 * time.Second)})
		if len(c.Letters()) != 0 {
			t.Errorf("%s: it was sent all the same", name)
		}
	}
	c := talk()
	c.Do(desk.ChatRecord{}, desk.ChatChoose{Thread: c.Mine[1].Thread.ID})
	if len(effects[desk.StopRecording](c)) != 1 {
		t.Error("it went on in another conversation")
	}
}
