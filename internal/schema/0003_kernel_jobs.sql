-- What people see of the long jobs they asked for. River's own rows come and go, and on SQLite their ids are used again.
create table job_runs (
	id           {{.Text}} not null primary key,
	kind         {{.Text}} not null,
	requested_by {{.Text}} not null default '',       -- whose rights it runs with
	scope        {{.Text}} not null default '',       -- where it was asked for
	state        {{.Text}} not null,                  -- queued, running, done, failed, cancelled
	attempt      {{.Int}}  not null default 0,
	done         {{.Int}}  not null default 0,
	total        {{.Int}}  not null default 0,        -- 0 not known
	note         {{.Text}} not null default '',       -- what it is busy with: never personal data
	code         {{.Text}} not null default '',       -- of the refusal that the last attempt met
	river_id     {{.Int}}  not null,                  -- of the job in the queue, while this one has not ended
	cancel_at    {{.Int}}  not null default 0,        -- when somebody asked for its end
	created_at   {{.Int}}  not null,
	started_at   {{.Int}}  not null default 0,
	updated_at   {{.Int}}  not null,
	ended_at     {{.Int}}  not null default 0
) {{.Strict}};
create index job_runs_requested on job_runs (requested_by, id);
create index job_runs_scope on job_runs (scope, id);
create index job_runs_ended on job_runs (ended_at) where ended_at > 0;

-- The processes that are working something just now, by the database's clock. Who falls silent is taken for dead.
create table job_nodes (
	id      {{.Text}} not null primary key,
	seen_at {{.Int}}  not null
) {{.Strict}};

-- The last time at which each periodic job was due and somebody queued it.
create table job_slots (
	name {{.Text}} not null primary key,
	slot {{.Int}}  not null
) {{.Strict}};
