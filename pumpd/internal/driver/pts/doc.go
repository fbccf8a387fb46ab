// Package pts speaks jsonPTS, the protocol of the Technotrade PTS-2 forecourt
// controller (jsonPTS document, revision R129): one controller in front of
// many brands of pumps.
//
// It is two things apart. The codec (codec.go, fields.go, views.go) turns
// messages into values and back without losing anything: numbers stay the
// decimal text they came as, and fields it gives no meaning to survive. The
// driver (poll.go and the files beside it) asks the controller over HTTP, or
// over a WebSocket that the controller dialled itself, and takes the records
// that the controller uploads.
//
// What it promises:
//
//   - All pumps of a controller are looked at with one message; Poll of the
//     other points answers from it.
//   - A sale carries the key "pts:<controller>:<pump>:<transaction>:<start>",
//     the same whether it came as a status, from a report or as an upload.
//   - A sale is closed at the controller, and an upload acknowledged, only
//     after it was stored. Until then the controller repeats it.
//   - Errors are told apart by their message text; the number, which differs
//     between firmwares, is only logged.
//   - No figure passes through floating point.
package pts
