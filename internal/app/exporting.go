package app

import (
	"path/filepath"
	"time"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/subject"
)

// shelf is the folder of exports, and who makes what lies in it. Several nodes share it, as they share the data folder.
func (c *Config) shelf() *export.Shelf {
	return &export.Shelf{Dir: filepath.Join(c.Data, "exports"), Kinds: append([]export.Kind{directory.Log, subject.Package}, directory.Lists...)}
}

// makeExports are the jobs that make files, and delete them again.
func (a *App) makeExports(w *jobs.Workers) {
	jobs.Handle(w, a.Exports.Make, jobs.Attempts(export.Attempts), jobs.Timeout(export.Timeout))
	jobs.Handle(w, a.Exports.Sweep)
	jobs.Every(w, "export.sweep", jobs.Each(time.Minute), export.Sweep{})
}
