// Package simulator is a petrol station that is not there: dispensers that
// speak real protocols, cars that come and go, and faults on demand.
//
// Pump is the pure model of one fuelling point; it is told the time. Station
// owns the pumps under one mutex, moves the cars and keeps the faults. A face
// lets one protocol see some of the pumps: DART over TCP or a pseudo-terminal,
// jsonPTS over HTTP. Control is a small HTTP interface for tests and
// demonstrations: what is true, cars on and off, faults.
//
// What the model keeps, whatever is done to it:
//
//   - a totalizer moves only by what flows, and never back;
//   - a finished sale is held until Release, over power cuts too;
//   - amount is price times volume, rounded half up; a money preset ends on
//     exactly that money.
//
// It was written from the same documents as the drivers, by the same people:
// passing against it shows that the two agree with each other, not that a
// real dispenser agrees with either.
package simulator
