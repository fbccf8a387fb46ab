package office

import (
	"slices"

	"forecourt/cashier/internal/desk"
)

// pointed compares what two pointers point at.
func pointed[T any](a, b *T, same func(a, b T) bool) bool {
	return a == b || a != nil && b != nil && same(*a, *b)
}

func equal[T comparable](a, b T) bool { return a == b }

// samePage reports whether two pages look the same.
func samePage(a, b desk.Office) bool {
	return a.Title == b.Title && a.Note == b.Note && a.NoteTone == b.NoteTone && a.Wide == b.Wide &&
		slices.Equal(a.Tabs, b.Tabs) && slices.Equal(a.Acts, b.Acts) &&
		slices.EqualFunc(a.Filters, b.Filters, sameField) &&
		sameTable(a.Table, b.Table) && pointed(a.Card, b.Card, sameCard) && pointed(a.Form, b.Form, sameForm)
}

func sameField(a, b desk.Field) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Label == b.Label && a.Hint == b.Hint && a.Help == b.Help &&
		a.Value == b.Value && a.Revision == b.Revision && a.Problem == b.Problem && a.Off == b.Off &&
		slices.Equal(a.Choices, b.Choices)
}

func sameTable(a, b desk.Table) bool {
	return a.Title == b.Title && a.Note == b.Note && a.NoteTone == b.NoteTone && a.Empty == b.Empty && a.More == b.More &&
		slices.Equal(a.Columns, b.Columns) && slices.EqualFunc(a.Rows, b.Rows, sameRow)
}

func sameRow(a, b desk.Row) bool {
	return a.Key == b.Key && a.Sale == b.Sale && a.Grade == b.Grade && a.Chosen == b.Chosen && slices.Equal(a.Cells, b.Cells)
}

func sameCard(a, b desk.Card) bool {
	return a.Title == b.Title && a.Subtitle == b.Subtitle && a.Tone == b.Tone && a.Loading == b.Loading &&
		a.Failed == b.Failed && a.Retry == b.Retry && a.Note == b.Note &&
		slices.Equal(a.Acts, b.Acts) && slices.EqualFunc(a.Sections, b.Sections, sameSection)
}

func sameSection(a, b desk.Section) bool {
	return a.Title == b.Title && a.Empty == b.Empty && slices.EqualFunc(a.Lines, b.Lines, sameLine) &&
		slices.Equal(a.Bars, b.Bars) && pointed(a.Table, b.Table, sameTable)
}

func sameLine(a, b desk.CardLine) bool {
	return a.Label == b.Label && a.Value == b.Value && a.Tone == b.Tone && pointed(a.Act, b.Act, equal)
}

func sameForm(a, b desk.Form) bool {
	return a.ID == b.ID && a.Title == b.Title && a.Text == b.Text && a.Tone == b.Tone && a.Code == b.Code &&
		a.Problem == b.Problem && a.Busy == b.Busy && a.OK == b.OK && a.Cancel == b.Cancel &&
		slices.Equal(a.Extra, b.Extra) && slices.EqualFunc(a.Lines, b.Lines, sameLine) &&
		slices.EqualFunc(a.Fields, b.Fields, sameField)
}
