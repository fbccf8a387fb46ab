package desk

import (
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What happens on the support page.
type (
	// ChatChoose opens a conversation.
	ChatChoose struct{ Thread id.Thread }
	// ChatFold opens or folds a list of conversations, by its place.
	ChatFold struct{ Group int }
	// ChatDraft keeps what is being typed; the other side sees that it is.
	ChatDraft struct{ Text string }
	// ChatType adds to the draft what was typed while no field had the focus.
	ChatType struct{ Text string }
	// ChatSend sends a text; ChatAttach a picture file, ChatPick a reply kept ready.
	ChatSend   struct{ Text string }
	ChatAttach struct {
		Name string
		Data []byte
	}
	ChatPick struct{ Canned id.Canned }
	// ChatAskPicture asks for a picture file to be chosen.
	ChatAskPicture struct{}
	// ChatRetry sends a message that was not delivered again.
	ChatRetry struct{ Message id.Message }
	// ChatRecord begins a recording, or ends and sends it; ChatDiscard throws
	// it away.
	ChatRecord  struct{}
	ChatDiscard struct{}
	// ChatPlay plays a recording, or stops it.
	ChatPlay struct{ Media id.Media }
	// ChatView opens a picture in full; zero closes it.
	ChatView struct{ Media id.Media }
	// ChatOlder loads older messages.
	ChatOlder struct{}
	// ChatOpenCanned opens or closes the list of replies, ChatSearch narrows it.
	ChatOpenCanned struct{}
	ChatSearch     struct{ Text string }
	// ChatTake, ChatClose and ChatReopen act on the open conversation.
	ChatTake   struct{}
	ChatClose  struct{}
	ChatReopen struct{}
	// ChatOpenTransfer opens or closes the choice of another agent;
	// ChatTransfer gives the conversation away, to nobody: into the queue.
	ChatOpenTransfer struct{}
	ChatTransfer     struct {
		To   id.Staff
		Note string
	}
	// ChatDuty switches whether the agent takes conversations.
	ChatDuty struct{}
	// ChatOrder chooses a fuelling to be explained; ChatCardAgain asks for the
	// member again after a failure.
	ChatOrder     struct{ Sale id.Sale }
	ChatCardAgain struct{}
)

// What the outside answers on the support page.
type (
	// ChatOlderLoaded is a page of older messages, or why it did not come.
	ChatOlderLoaded struct {
		Thread  id.Thread
		List    wire.MessageList
		Problem *wire.Problem
	}
	// ChatCardLoaded is the member beside a conversation.
	ChatCardLoaded struct {
		Thread  id.Thread
		Card    wire.MemberCard
		Problem *wire.Problem
	}
	// ChatFeeLoaded is how a sale is made up.
	ChatFeeLoaded struct {
		Sale    id.Sale
		Fee     wire.Fee
		Problem *wire.Problem
	}
	// ChatImageLoaded is a picture: the small copy, or in full.
	ChatImageLoaded struct {
		Media   id.Media
		Full    bool
		Image   *Image
		Problem *wire.Problem
	}
	// ChatUploaded says that what a message carries has reached the hub.
	ChatUploaded struct {
		Message id.Message
		Media   wire.Media
	}
	// ChatRecorded is a finished recording (WAV), or why there is none:
	// SoundlessNoProgram, or anything else for a failure. Number is the one
	// it was begun with.
	ChatRecorded struct {
		Number  int
		Data    []byte
		Problem string
	}
	// ChatPlaying says that a recording is heard now; ChatPlayed that it has
	// ended, or why it could not begin: SoundlessNoProgram, or anything else.
	ChatPlaying struct{ Media id.Media }
	ChatPlayed  struct {
		Media   id.Media
		Problem string
	}
	// ChannelRefused says that the hub does not let a channel be followed.
	ChannelRefused struct {
		Channel wire.Channel
		Problem *wire.Problem
	}
)

func (ChatChoose) event()       {}
func (ChatFold) event()         {}
func (ChatDraft) event()        {}
func (ChatSend) event()         {}
func (ChatAttach) event()       {}
func (ChatPick) event()         {}
func (ChatRetry) event()        {}
func (ChatRecord) event()       {}
func (ChatDiscard) event()      {}
func (ChatPlay) event()         {}
func (ChatView) event()         {}
func (ChatOlder) event()        {}
func (ChatOpenCanned) event()   {}
func (ChatSearch) event()       {}
func (ChatTake) event()         {}
func (ChatClose) event()        {}
func (ChatReopen) event()       {}
func (ChatOpenTransfer) event() {}
func (ChatTransfer) event()     {}
func (ChatDuty) event()         {}
func (ChatOrder) event()        {}
func (ChatCardAgain) event()    {}
func (ChatOlderLoaded) event()  {}
func (ChatCardLoaded) event()   {}
func (ChatFeeLoaded) event()    {}
func (ChatImageLoaded) event()  {}
func (ChatRecorded) event()     {}
func (ChatPlayed) event()       {}
func (ChatPlaying) event()      {}
func (ChatUploaded) event()     {}
func (ChatType) event()         {}
func (ChatAskPicture) event()   {}
func (ChannelRefused) event()   {}

// SoundlessNoProgram says that the machine has no program to record or play with.
const SoundlessNoProgram = "no program"

// MaxAttachment bounds a picture file, in bytes; there is no need to read more.
const MaxAttachment = wire.MaxPictureBytes

// What the support page asks of the outside. Messages and acts go as Commands.
type (
	// Follow joins a channel, Unfollow leaves it.
	Follow   struct{ Channel wire.Channel }
	Unfollow struct{ Channel wire.Channel }
	// MarkRead says that the agent has read up to a message.
	MarkRead struct {
		Thread id.Thread
		N      uint64
	}
	// PickPicture asks the window for a picture file.
	PickPicture struct{}
	// SayTyping tells the other side that an answer is being written.
	SayTyping struct{ Thread id.Thread }
	// FetchMessages asks for messages before a number.
	FetchMessages struct {
		Thread id.Thread
		Before uint64
	}
	// FetchCard and FetchFee ask for the member and for one sale's fee.
	FetchCard struct{ Thread id.Thread }
	FetchFee  struct {
		Thread id.Thread
		Sale   id.Sale
	}
	// FetchImage asks for a picture.
	FetchImage struct {
		Media id.Media
		Full  bool
	}
	// StartRecording and StopRecording work the microphone; Keep says whether
	// what was recorded is wanted, Number tells one recording from the next.
	StartRecording struct{ Number int }
	StopRecording  struct{ Keep bool }
	// PlayVoice plays a recording, StopVoice stops it.
	PlayVoice struct{ Media id.Media }
	StopVoice struct{}
)

func (Follow) effect()         {}
func (Unfollow) effect()       {}
func (MarkRead) effect()       {}
func (PickPicture) effect()    {}
func (SayTyping) effect()      {}
func (FetchMessages) effect()  {}
func (FetchCard) effect()      {}
func (FetchFee) effect()       {}
func (FetchImage) effect()     {}
func (StartRecording) effect() {}
func (StopRecording) effect()  {}
func (PlayVoice) effect()      {}
func (StopVoice) effect()      {}
