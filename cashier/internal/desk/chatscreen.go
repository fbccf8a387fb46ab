package desk

import (
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Chat is the support page (客服): the queue on the left, the conversation in
// the middle, the member beside it. It takes the place of board and panel.
type Chat struct {
	// Groups are the lists on the left: waiting, mine, others', closed.
	Groups []ChatGroup
	// Duty switches whether the agent takes conversations.
	Duty   Button
	OnDuty bool
	// Open is the conversation in the middle; nil when none is chosen, then
	// Empty says what to do.
	Open  *Conversation
	Empty string
	// Side is the member beside it.
	Side Side
	// Picker is the list of replies kept ready, Transfer the choice of another
	// agent, Viewer a picture in full; nil when not open. At most one is.
	Picker   *CannedPicker
	Transfer *TransferForm
	Viewer   *Viewer
}

// ChatGroup is one list of conversations.
type ChatGroup struct {
	Title, Count string
	Rows         []ChatRow
	Empty        string
	Folded       bool // only its title shows
}

// ChatRow is one conversation in a list.
type ChatRow struct {
	Thread id.Thread
	Who    string // "王** · M000123"
	Line   string // the last message in one line
	When   string // "07:12", or how long it has waited
	Tone   Tone   // of When: a long wait warns
	Badge  string // unread messages
	Online bool
	Chosen bool
}

// Conversation is the open conversation.
type Conversation struct {
	Thread id.Thread
	Who    string // "王** · M000123"
	State  string // "进行中 · 客服 4001", "在线"
	Tone   Tone
	Online bool
	Note   string // what came with a transfer
	// Older loads what came before; hidden when nothing did.
	Older   Button
	Bubbles []Bubble
	Typing  string // "对方正在输入…"
	// Stale says that what is shown may be old, in words; "" when it is live.
	Stale string
	// The acts on the conversation; hidden where they make no sense.
	Take, Transfer, Close, Reopen Button
	Composer                      Composer
	// Rating is what the driver thought of it: "★★★★★ 很耐心".
	Rating string
}

// Composer is where an answer is written.
type Composer struct {
	// On says whether anything can be sent; else Why says why not.
	On  bool
	Why string
	// Draft is what was typed before and not sent; the widget takes it over
	// when Thread or Revision changes, and reports back with ChatDraft.
	Draft    string
	Revision int
	Hint     string // placeholder: what Enter, / and F2 do
	Send     Button
	Picture  Button
	Canned   Button
	Voice    Button // hold or press to record, again to send
	// Recording is the time recorded so far: "0:07"; "" when not recording.
	Recording string
	Discard   Button // of the recording
	// Problem is why the last thing was not sent.
	Problem string
}

// Image is a picture's bytes as they came (JPEG, PNG or WebP). The same
// picture always has the same pointer.
type Image struct{ Data []byte }

// Picture is a picture in a bubble.
type Picture struct {
	Media         id.Media
	Width, Height int    // pixels of the original, to keep its place while it loads
	Image         *Image // the small copy; nil while it loads
	Failed        string // why it is not there
}

// Voice is a recording in a bubble.
type Voice struct {
	Media   id.Media
	Length  string // "12″"
	Seconds int    // for the bubble's width
	Playing bool
	Loading bool
	Failed  string
}

// BubblePart is a paragraph or a picture of a tutorial.
type BubblePart struct {
	Text    string
	Picture *Picture
}

// Bubble is one message.
type Bubble struct {
	ID     id.Message
	Mine   bool // on the right: an agent's
	System bool // in the middle, small
	Day    string
	Who    string // an agent's name where it changes
	When   string // "07:12"
	Kind   wire.MessageKind
	Text   string
	Image  *Picture
	Voice  *Voice
	Parts  []BubblePart
	// Status is "发送中", "已送达", "已读", "未送达"; Tone its weight.
	Status string
	Tone   Tone
	Retry  bool // a touch sends it again
	// Uploading says that what it carries is on its way up.
	Uploading bool
}

// Side is the member panel.
type Side struct {
	Title string
	// Loading, Failed or Empty say why there is nothing else.
	Loading bool
	Failed  string
	Empty   string
	Retry   Button
	// Lines are label and value: number, name, phone (masked), since, fuellings.
	Lines    []SideLine
	Vehicles []SideLine // plate (masked) and model
	// VehiclesTitle and OrdersTitle head the lists; NoVehicles and NoOrders
	// are said when they are empty.
	VehiclesTitle, OrdersTitle string
	NoVehicles, NoOrders       string
	Orders                     []SideOrder
	// Fee is how the chosen order is made up.
	Fee *FeeBox
	// Audited says in words that looking is on record.
	Audited string
}

// SideLine is a label and a value.
type SideLine struct{ Label, Value string }

// SideOrder is one recent fuelling.
type SideOrder struct {
	Sale          id.Sale
	When          string // "11-22 18:03"
	Grade, Litres string
	Money         string
	State         string
	Tone          Tone
	Chosen        bool
}

// FeeBox is how one sale's money is made up.
type FeeBox struct {
	Title   string
	Loading bool
	Failed  string
	Lines   []FeeRow
	Proof   string // the totalizer readings
}

// FeeRow is one line of it.
type FeeRow struct {
	Label, Money, Note string
	Total              bool // drawn stronger, with a line above
}

// CannedPicker is the list of replies kept ready.
type CannedPicker struct {
	Title, Hint string
	// Own says that it has a search field of its own; else what is typed after
	// the slash narrows it.
	Own    bool
	Search string
	Rows   []CannedRow
	Empty  string
}

// CannedRow is one of them.
type CannedRow struct {
	Canned      id.Canned
	Title, Keys string
	Preview     string
	Pictures    string // "3 图"
	Chosen      bool
}

// TransferForm is the choice of another agent.
type TransferForm struct {
	Title, NoteLabel string
	Agents           []AgentRow
	Empty            string
	Back             Button // into the queue
	Cancel           Button
}

// AgentRow is one who could take it.
type AgentRow struct {
	Staff  id.Staff
	Name   string // "客服 4002 · 周敏"
	State  string // "在线 · 进行中 2"
	On     bool
	Chosen bool
}

// Viewer is a picture in full.
type Viewer struct {
	Media id.Media
	Image *Image // nil while it loads
	Text  string // loading, or why it failed
	Close Button
}
