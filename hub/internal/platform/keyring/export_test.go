package keyring

// SealedColumns names the columns that a rotation goes over.
func SealedColumns() []string {
	var names []string
	for _, c := range sealedColumns() {
		names = append(names, c.String())
	}
	return names
}
