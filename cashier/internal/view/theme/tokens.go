// Package theme is the till's visual language: every colour, size and radius
// of the window, light and dark, and the theme that gives them and the
// station's typeface to the widget library. No screen names a colour or a
// size of its own.
package theme

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
)

// Sizes in points at scale 1. Space goes in steps of 4.
const (
	Caption float32 = 12
	Body    float32 = 14
	Strong  float32 = 16
	Title   float32 = 20
	Money   float32 = 28 // on a tile
	Total   float32 = 40 // to pay

	Gap    float32 = 8
	Pad    float32 = 12
	Wide   float32 = 16
	Radius float32 = 8
	Bubble float32 = 12 // the corners of what is said

	Target float32 = 48 // the least a finger hits
	Tender float32 = 56 // what money is taken with
)

// Palette is the colours of one variant.
type Palette struct {
	Ink, InkSoft, Paper, Card, Line color.NRGBA
	Edge                            color.NRGBA // of what can be pressed
	Brand, OnBrand                  color.NRGBA
	Good, Warn, Bad                 color.NRGBA // texts and edges by tone, on paper and card
	Danger, OnDanger                color.NRGBA // the stop button
	Scrim, Shadow                   color.NRGBA
	Shade, OnShade                  color.NRGBA // behind a picture in full
}

// Light and Dark are the two variants.
var (
	Light = Palette{
		Ink: rgb(0x16202B), InkSoft: rgb(0x5B6676), Paper: rgb(0xF5F7F9), Card: rgb(0xFFFFFF), Line: rgb(0xDDE3EA), Edge: rgb(0xBCC6D1),
		Brand: rgb(0x0B5563), OnBrand: rgb(0xFFFFFF),
		Good: rgb(0x17703A), Warn: rgb(0x8A5A00), Bad: rgb(0xC62828),
		Danger: rgb(0xC62828), OnDanger: rgb(0xFFFFFF),
		Scrim: color.NRGBA{0x0C, 0x12, 0x18, 0x8C}, Shadow: color.NRGBA{0x16, 0x20, 0x2B, 0x24},
		Shade: color.NRGBA{0x0C, 0x12, 0x18, 0xEB}, OnShade: rgb(0xE8EDF2),
	}
	Dark = Palette{
		Ink: rgb(0xE8EDF2), InkSoft: rgb(0x9AA6B4), Paper: rgb(0x12181F), Card: rgb(0x1A222C), Line: rgb(0x2C3743), Edge: rgb(0x4A5968),
		Brand: rgb(0x4FB3C4), OnBrand: rgb(0x16202B),
		Good: rgb(0x6FCF97), Warn: rgb(0xF2B84B), Bad: rgb(0xFF8A80),
		Danger: rgb(0xC62828), OnDanger: rgb(0xFFFFFF),
		Scrim: color.NRGBA{0x00, 0x00, 0x00, 0xA8}, Shadow: color.NRGBA{0x00, 0x00, 0x00, 0x60},
		Shade: color.NRGBA{0x0C, 0x12, 0x18, 0xEB}, OnShade: rgb(0xE8EDF2),
	}
)

// Of picks the variant.
func Of(dark bool) Palette {
	if dark {
		return Dark
	}
	return Light
}

// Look is the colour, the colour of text on it and the icon of a pump state.
type Look struct {
	Fill, Text color.NRGBA
	Icon       icons.Name
}

var (
	white = rgb(0xFFFFFF)
	ink   = rgb(0x16202B)
)

// looks are the pump states; they are the same in light and dark, but for
// closed, which steps back into the ground.
var looks = map[desk.Face]Look{
	desk.FaceIdle:        {rgb(0x5B6676), white, icons.Holster},
	desk.FaceCalling:     {rgb(0x1565C0), white, icons.NozzleUp},
	desk.FaceAuthorized:  {rgb(0x5E4BB6), white, icons.Key},
	desk.FaceFuelling:    {rgb(0x1B7F3B), white, icons.Flow},
	desk.FacePaused:      {rgb(0x8A5A00), white, icons.Bars},
	desk.FaceFinished:    {rgb(0x1B7F3B), white, icons.Check},
	desk.FaceUnpaid:      {rgb(0xF2A100), ink, icons.Wallet},
	desk.FaceReserved:    {rgb(0x00707A), white, icons.Calendar},
	desk.FaceQuarantined: {rgb(0x9C1150), white, icons.Scales},
	desk.FaceFault:       {rgb(0xC62828), white, icons.Triangle},
	desk.FaceStopped:     {rgb(0xC62828), white, icons.Stop},
	desk.FaceOffline:     {rgb(0x3C434C), white, icons.BrokenLink},
	desk.FaceNoData:      {rgb(0x3C434C), white, icons.BrokenLink},
}

// Face is the look of a pump state in this variant.
func (p Palette) Face(f desk.Face) Look {
	if look, ok := looks[f]; ok {
		return look
	}
	return Look{p.Line, p.closedText(), icons.Lock}
}

// closedText is soft ink, a step darker on light ground so that it keeps its contrast on a line.
func (p Palette) closedText() color.NRGBA {
	if p == Light {
		return rgb(0x4F5A69)
	}
	return rgb(0xA9B4C0)
}

// ChosenRow is the ground of the chosen row of a list: light enough for every
// tone of text on it.
func (p Palette) ChosenRow() color.NRGBA { return Blend(p.Card, p.Brand, 12) }

// Tone is the colour of a text by its weight.
func (p Palette) Tone(t desk.Tone) color.NRGBA {
	switch t {
	case desk.ToneSoft:
		return p.InkSoft
	case desk.ToneGood:
		return p.Good
	case desk.ToneWarn:
		return p.Warn
	case desk.ToneBad:
		return p.Bad
	case desk.ToneBusy:
		return p.Brand
	default:
		return p.Ink
	}
}

// pulse is the opacity of a pulsing ring at each step: in and out in 1.2 s.
var pulse = [desk.PulseSteps]uint8{0xFF, 0xA8, 0x58, 0xA8}

// Pulsed is a colour at a step of the pulse.
func Pulsed(c color.NRGBA, step int) color.NRGBA {
	c.A = pulse[step%desk.PulseSteps]
	return c
}

// Blend mixes b into a by percent.
func Blend(a, b color.NRGBA, percent int) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8((int(x)*(100-percent) + int(y)*percent) / 100) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF}
}

// rgb reads a colour as people write it: 0x0B5563.
func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}
