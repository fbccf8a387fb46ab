// Package dart speaks Wayne DART, the dispenser protocol of Wayne and of the
// makes that sell it under other names, on an RS-485 line that one host polls.
//
// codec.go and values.go turn bytes into frames, transactions and figures and
// back; they are pure. poll.go owns the line's state machine: who may speak,
// block numbers, acknowledgements, repeats. The Driver joins them to the
// contract of package driver.
//
// Facts of the format are from "Dart Pump Interface", revision 2.11, and from
// traffic that others have published; where those leave a choice, a comment
// says which was taken.
//
// What the package promises beyond package driver:
//
//   - RESET, which makes a dispenser forget, is sent for a sale only after
//     Release, and only with that sale's nozzle back in its place;
//   - AUTHORIZE is sent once and never repeated by itself;
//   - a sale is identified by address, nozzle and the volume totalizer read
//     after it, so that equal sales stay apart and a restart tells the same
//     sale under the same key;
//   - a block that was sent again is acknowledged and not taken twice.
package dart
