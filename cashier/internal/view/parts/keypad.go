package parts

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// padKeys are the keypad's keys, row by row. Their places never move.
var padKeys = [16]desk.Key{
	"7", "8", "9", desk.KeyBack,
	"4", "5", "6", desk.KeyClear,
	"1", "2", "3", desk.KeyHundred,
	desk.KeyZeros, "0", desk.KeyPoint, desk.KeyExact,
}

// Keypad is the number pad for amounts.
type Keypad struct {
	widget.BaseWidget
	keys [16]*Button
	on   bool
	lang desk.Lang
}

// NewKeypad makes a pad that sends its keys.
func NewKeypad(p theme.Palette, lang desk.Lang, press func(desk.Key)) *Keypad {
	k := &Keypad{lang: lang}
	for i, key := range padKeys {
		icon := icons.Name("")
		if key == desk.KeyBack {
			icon = icons.Backspace
		}
		k.keys[i] = NewButton(p, Plain, icon, func() { press(key) })
		size := theme.Title
		if i%4 == 3 {
			size = theme.Body
		}
		k.keys[i].Sized(size, theme.Target, theme.Target)
	}
	k.ExtendBaseWidget(k)
	k.paint()
	return k
}

// Enable lights the pad when there is something to type into.
func (k *Keypad) Enable(on bool) {
	if k.on != on {
		k.on = on
		k.paint()
	}
}

func (k *Keypad) paint() {
	for i, key := range padKeys {
		label := string(key)
		switch key {
		case desk.KeyBack:
			label = ""
		case desk.KeyClear:
			label = desk.Text(k.lang, desk.WordPadClear)
		case desk.KeyExact:
			label = desk.Text(k.lang, desk.WordPadExact)
		}
		k.keys[i].Set(desk.Button{Label: label, On: k.on})
	}
}

// PadHeight is the pad's height: four rows a finger high.
const PadHeight = 4*theme.Target + 3*padGap

const padGap float32 = 4

// CreateRenderer draws the pad.
func (k *Keypad) CreateRenderer() fyne.WidgetRenderer {
	objects := make([]fyne.CanvasObject, len(k.keys))
	for i, b := range k.keys {
		objects[i] = b
	}
	return &Painter{Parts: objects, Least: fyne.NewSize(4*theme.Target+3*padGap, PadHeight), Place: func(size fyne.Size) {
		w, h := (size.Width-3*padGap)/4, (size.Height-3*padGap)/4
		for i, b := range k.keys {
			Place(b, float32(i%4)*(w+padGap), float32(i/4)*(h+padGap), w, h)
		}
	}}
}
