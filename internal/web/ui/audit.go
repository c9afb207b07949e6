package ui

func (p SealProps) icon() string {
	switch {
	case p.Icon != "":
		return p.Icon
	case p.Kind == Bad:
		return "circle-x"
	case p.Kind == Warn:
		return "alert-triangle"
	}
	return "shield-check"
}
