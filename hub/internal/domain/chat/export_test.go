package chat

// Buckets counts the buckets a Limit holds.
func Buckets(l *Limit) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.full)
}
