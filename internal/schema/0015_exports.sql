-- Files that somebody asked for: an activity log, everything about one person. The file lies in the data folder, sealed with a key
-- of its own; the key stands here, sealed for the person whom the file is about, and goes when the file does.
create table exports (
	id         {{.Text}} not null primary key,
	brand_id   {{.Text}} not null,                    -- the brand, or 'platform'
	scope      {{.Text}} not null,                    -- the node that it is about
	kind       {{.Text}} not null,                    -- activity, subject
	requester  {{.Text}} not null,                    -- the user or key that asked
	person     {{.Text}} not null,                    -- the user behind it
	session    {{.Text}} not null default '',         -- public id of the session that it was asked in
	subject    {{.Text}} not null default '',         -- the one person whom it is about
	job_id     {{.Text}} not null,
	file_id    {{.Text}} not null,                    -- 256 random bits: its name on the disk
	key_box    {{.Text}} not null default '',
	ask_box    {{.Text}} not null default '',         -- JSON: what was asked, sealed for who asked
	needs      {{.Text}} not null default '',         -- permissions that what is in it needs, separated by spaces; empty: one's own
	columns    {{.Text}} not null,                    -- or sections, separated by spaces
	purpose    {{.Text}} not null default '',
	state      {{.Text}} not null,                    -- waiting, running, ready, failed, expired, cancelled
	code       {{.Text}} not null default '',         -- of the refusal that it failed with
	line_count {{.Int}}  not null default 0,          -- rows written
	bytes      {{.Int}}  not null default 0,
	made_at    {{.Int}}  not null,
	ready_at   {{.Int}}  not null default 0,
	expires_at {{.Int}}  not null default 0
) {{.Strict}};
create index exports_brand on exports (brand_id, made_at);
create index exports_person on exports (person, made_at);
create index exports_subject on exports (subject) where subject <> '';
create index exports_going on exports (state) where state in ('waiting', 'running', 'ready');
