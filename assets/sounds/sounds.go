// Package sounds holds the till's short tones, one per event, as WAV files
// (mono, 16 bit, 16 kHz). They are synthesised by the program in generate.
package sounds

//go:generate go run ./generate .

import _ "embed"

// Calling: a nozzle was lifted and waits for permission (提枪).
//
//go:embed calling.wav
var Calling []byte

// Paid: money was taken and the hub has it (到账).
//
//go:embed paid.wav
var Paid []byte

// Overdue: a sale has waited too long for its money (待支付超时).
//
//go:embed overdue.wav
var Overdue []byte

// Message: a driver writes or waits for an answer (新消息).
//
//go:embed message.wav
var Message []byte

// Alarm: a sale does not agree with the totalizer, or a pump fails (报警).
//
//go:embed alarm.wav
var Alarm []byte
