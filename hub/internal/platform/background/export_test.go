package background

// RoomIn is Room on a system that says this of its memory.
var RoomIn = room
