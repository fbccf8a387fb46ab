package desk

// Tab is one of the parts of an office page.
type Tab string

// The tabs of the members page and of the office page.
const (
	TabMembers  Tab = "members"
	TabSegments Tab = "segments"

	TabStaff    Tab = "staff"
	TabPosts    Tab = "posts"
	TabSessions Tab = "sessions"
	TabOffers   Tab = "offers"
	TabSite     Tab = "site"
	TabLog      Tab = "log"
	TabAlerts   Tab = "alerts"
	TabKeys     Tab = "keys"
	TabBackups  Tab = "backups"
	TabAccount  Tab = "account"
)

// Office is a page of the back office: tabs at the top, what narrows the list
// and what can be done above it, the list, a card about the chosen row beside
// it, and a form over everything. It takes the place of board and panel.
type Office struct {
	Title string
	Tabs  []TabItem
	// Filters narrow the list; Acts stand at their right.
	Filters []Field
	Acts    []Act
	// Note says something about the whole list, in the weight of NoteTone.
	Note     string
	NoteTone Tone
	// Table is the list; a row with a Key can be chosen. Wide says that the
	// list needs the whole width while no row is chosen.
	Table Table
	Wide  bool
	// Card is about the chosen row, or about the tab itself; nil for none.
	Card *Card
	// Form is open over the page; nil for none.
	Form *Form
}

// TabItem is a tab as it is drawn.
type TabItem struct {
	Tab    Tab
	Label  string
	Badge  string
	Chosen bool
}

// FieldKind says how a field is filled in.
type FieldKind string

// The kinds.
const (
	FieldText   FieldKind = "text"
	FieldLong   FieldKind = "long"   // several lines
	FieldSecret FieldKind = "secret" // typed unseen
	FieldChoice FieldKind = "choice" // one of Choices
	FieldMany   FieldKind = "many"   // any of Choices; the value joins them with commas
	FieldCheck  FieldKind = "check"  // "1" or ""
)

// Field is something to be filled in.
type Field struct {
	// ID names it in events.
	ID    string
	Kind  FieldKind
	Label string
	// Hint stands in an empty field; Help under it, small.
	Hint, Help string
	// Value is what it holds. The widget takes it over when Revision changes,
	// and keeps what is being typed otherwise.
	Value    string
	Revision int
	Choices  []Pick
	// Problem is what is wrong with it.
	Problem string
	// Off greys it out.
	Off bool
}

// Pick is one value of a field.
type Pick struct{ Value, Label string }

// ActStyle is how a button looks.
type ActStyle string

// The styles.
const (
	ActPlain  ActStyle = ""
	ActMain   ActStyle = "main"
	ActDanger ActStyle = "danger"
)

// Act is a button that does something by name.
type Act struct {
	// ID says what, Arg to what.
	ID, Arg string
	Style   ActStyle
	Button
}

// Card is about one thing: a member, somebody of the staff, a row of the log,
// the keys.
type Card struct {
	Title, Subtitle string
	Tone            Tone // of Subtitle
	// Loading, Failed (with Retry) say why there is nothing else.
	Loading  bool
	Failed   string
	Retry    Act
	Sections []Section
	Acts     []Act
	// Note stands at the foot: that looking is on record.
	Note string
}

// Section is a part of a card.
type Section struct {
	Title string
	// Lines, Bars and Table are drawn in this order; Empty is said when there
	// is none of them.
	Lines []CardLine
	Bars  []Bar
	Table *Table
	Empty string
}

// CardLine is a label and a value, and what can be done about it.
type CardLine struct {
	Label, Value string
	Tone         Tone
	Act          *Act
}

// Bar is a share of a whole.
type Bar struct {
	Label, Value string
	Percent      int // 0 to 100
}

// Form asks for something before it is done.
type Form struct {
	// ID names it; a form with another ID is another form.
	ID          string
	Title, Text string
	Tone        Tone // of Text
	// Code is drawn as a QR code; "" for none.
	Code string
	// Lines are shown and can be read off: recovery codes, a secret.
	Lines  []CardLine
	Fields []Field
	// Problem is why the last try did not work.
	Problem string
	Busy    bool
	// OK does it; Extra stands beside, such as a further condition; Cancel
	// closes it.
	OK     Act
	Extra  []Act
	Cancel Button
}
