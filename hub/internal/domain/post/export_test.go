package post

// Text is nozzles as the table holds them.
func Text(n Nozzles) string { return n.text() }
