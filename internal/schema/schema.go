// Package schema holds the tables, one text for both databases.
//
// Files are named 0001_start.sql, 0002_next.sql, … without gaps, and are run once, each in one transaction, by store.Migrate; a
// file that has shipped is never edited. They are templates: {{.Text}}, {{.Blob}}, {{.PrimaryNum}}, {{.Strict}}, {{.Collate}} and
// {{if .SQLite}}…{{end}} stand where the databases have no word in common, everything else is written out:
//
//	create table brands (
//	    id      {{.PrimaryNum}},
//	    name    {{.Text}} not null,
//	    active  bigint not null default 1, -- a bool is 0 or 1
//	    created bigint not null            -- a time is milliseconds since 1970, UTC
//	) {{.Strict}};
package schema

import "embed"

// FS is the schema of the main database.
//
//go:embed *
var FS embed.FS
