// Package schema holds the tables, one text for both databases.
//
// Files are named 0001_start.sql, 0010_next.sql, …: by number, gaps allowed. Each is run once, in one transaction, by
// store.Migrate; a file that has shipped is never edited. They are templates: {{.Int}}, {{.Text}}, {{.Blob}}, {{.PrimaryNum}},
// {{.Strict}}, {{.Collate}} and {{if .SQLite}}…{{end}} stand where the databases have no word in common, everything else is
// written out:
//
//	create table brands (
//	    num     {{.PrimaryNum}},
//	    name    {{.Text}} not null,
//	    active  {{.Int}}  not null default 1, -- a bool is 0 or 1
//	    created {{.Int}}  not null            -- a time is milliseconds since 1970, UTC
//	) {{.Strict}};
package schema

import "embed"

// FS is the schema of the main database.
//
//go:embed *.sql
var FS embed.FS
