package privacy

// Cut stops an eraser after a step, as a kill would.
func Cut(e *Eraser, fn func(step string) error) { e.cut = fn }
