package desk

// What a hand does on an office page.
type (
	// OfficeTab opens a tab.
	OfficeTab struct{ Tab Tab }
	// OfficeFilter reports what a filter holds now; OfficeSearch asks for the
	// list with them (Enter, or a choice).
	OfficeFilter struct{ Field, Value string }
	OfficeSearch struct{}
	// OfficeRow chooses a row by its Key, "" none; OfficeMore asks for further rows.
	OfficeRow  struct{ Key string }
	OfficeMore struct{}
	// OfficeAct presses a button.
	OfficeAct struct{ ID, Arg string }
	// OfficeEdit reports what a field of the open form holds now; OfficeSubmit
	// confirms the form, OfficeCancel closes it.
	OfficeEdit   struct{ Field, Value string }
	OfficeSubmit struct{}
	OfficeCancel struct{}
	// FilePicked brings the file that PickFile asked for; "" means that none was
	// chosen.
	FilePicked struct{ Path string }
)

func (OfficeTab) event()    {}
func (OfficeFilter) event() {}
func (OfficeSearch) event() {}
func (OfficeRow) event()    {}
func (OfficeMore) event()   {}
func (OfficeAct) event()    {}
func (OfficeEdit) event()   {}
func (OfficeSubmit) event() {}
func (OfficeCancel) event() {}
func (FilePicked) event()   {}

// PickFile asks the window where a file is to be saved; Name is how it might be
// called.
type PickFile struct{ Name string }

func (PickFile) effect() {}
