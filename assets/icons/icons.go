// Package icons holds the till's icons: line drawings of 24 by 24, drawn for
// this program in one colour, currentColor, which Tinted replaces.
package icons

import (
	"embed"
	"fmt"
	"image/color"
	"strings"
)

//go:embed *.svg
var files embed.FS

// Name names an icon.
type Name string

// The icons.
const (
	Holster    Name = "holster"     // nozzle in its holster: idle
	NozzleUp   Name = "nozzle-up"   // nozzle lifted: calling
	Key        Name = "key"         // authorized
	Flow       Name = "flow"        // fuel runs
	Bars       Name = "bars"        // paused
	Check      Name = "check"       // finished, confirmed
	Wallet     Name = "wallet"      // waits for money
	Calendar   Name = "calendar"    // reserved
	Scales     Name = "scales"      // quarantined: figures do not agree
	Triangle   Name = "triangle"    // fault, warning
	BrokenLink Name = "broken-link" // offline
	Lock       Name = "lock"        // closed
	Stop       Name = "stop"        // stop
	Play       Name = "play"        // resume, release
	Board      Name = "board"       // the pump board
	List       Name = "list"        // sales
	Tag        Name = "tag"         // prices
	Sliders    Name = "sliders"     // settings
	Leave      Name = "leave"       // sign out, driven off
	Person     Name = "person"      // who is signed in
	Signal     Name = "signal"      // connected
	Clock      Name = "clock"       // waiting, age
	Cash       Name = "cash"        // cash tender
	Backspace  Name = "backspace"   // delete the last digit
	Cross      Name = "cross"       // close, dismiss
	Bell       Name = "bell"        // sound on
	BellOff    Name = "bell-off"    // sound muted
	Car        Name = "car"         // drive-off
	Tank       Name = "tank"        // test, returned to the tank
	Gauge      Name = "gauge"       // totalizer proof
	Message    Name = "message"     // conversations
	Picture    Name = "picture"     // a picture, to send or still loading
	Microphone Name = "microphone"  // record
	Send       Name = "send"        // send
	HandOver   Name = "hand-over"   // give to another
	Tutorial   Name = "tutorial"    // instructions with pictures
	Star       Name = "star"        // a driver's judgement
	Phrase     Name = "phrase"      // replies kept ready: the slash key
	Again      Name = "again"       // try again
	Down       Name = "down"        // unfolded, further down
	Right      Name = "right"       // folded
	Eye        Name = "eye"         // looking is on record
	Card       Name = "card"        // members
	Office     Name = "office"      // staff, log and keys
	Shield     Name = "shield"      // an alert about data
	Search     Name = "search"      // look for
	Left       Name = "left"        // back to the list
	Copy       Name = "copy"        // into the clipboard
	Pin        Name = "pin"         // a place
	Phone      Name = "phone"       // call
	Scan       Name = "scan"        // read a code with the camera
)

// All lists every icon.
var All = [...]Name{
	Holster, NozzleUp, Key, Flow, Bars, Check, Wallet, Calendar, Scales, Triangle, BrokenLink, Lock,
	Stop, Play, Board, List, Tag, Sliders, Leave, Person, Signal, Clock, Cash, Backspace, Cross,
	Bell, BellOff, Car, Tank, Gauge,
	Message, Picture, Microphone, Send, HandOver, Tutorial, Star, Phrase, Again, Down, Right, Eye,
	Card, Office, Shield, Search, Left, Copy, Pin, Phone, Scan,
}

// Tinted returns the icon's SVG in one colour, and a name that is different
// for every icon and colour: drawing libraries cache by name. An unknown icon
// is an error.
func Tinted(n Name, c color.NRGBA) (name string, svg []byte, err error) {
	raw, err := files.ReadFile(string(n) + ".svg")
	if err != nil {
		return "", nil, fmt.Errorf("icons: no icon %q: %w", n, err)
	}
	hex := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
	return string(n) + "-" + hex[1:] + ".svg", []byte(strings.ReplaceAll(string(raw), "currentColor", hex)), nil
}
