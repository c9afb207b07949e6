package ui

// or fills what a page has not said about a field.
func (f Field) or(usual Field) Field {
	usual.Value, usual.Error = f.Value, f.Error
	if f.Name != "" {
		usual.Name = f.Name
	}
	if f.Label != "" {
		usual.Label = f.Label
	}
	if f.Hint != "" {
		usual.Hint = f.Hint
	}
	usual.ReadOnly = usual.ReadOnly || f.ReadOnly
	return usual
}
