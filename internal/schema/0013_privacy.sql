-- Archive, restore and erasure of a person; see internal/privacy.

-- Whose sealed values are shown to nobody: everybody who is archived, and, once erased_at is set, erased. It stands here and not
-- in the key store, so that a person is hidden in the transaction that archives them.
create table hidden_persons (
	person    {{.Text}} not null primary key,
	hidden_at {{.Int}}  not null,
	erased_at {{.Int}}  not null default 0
) {{.Strict}};

-- Rows that are sealed for one person and tell about another: the code mail that names whom a change is about, the pending input
-- of a step-up. They go when that other person is archived.
create table mentions (
	person {{.Text}} not null,
	kind   {{.Text}} not null,                        -- step_up, mail
	ref    {{.Text}} not null,
	primary key (person, kind, ref)
) {{.Strict}}{{if .SQLite}}, without rowid{{end}};

-- What an archived person was, sealed with their own key, until they are restored or erased.
create table vaults (
	user_id     {{.Text}} not null primary key,
	brand_id    {{.Text}} not null,
	box         {{.Text}} not null,
	reason      {{.Text}} not null,                   -- gdpr_request, fraud, duplicate, other
	archived_by {{.Text}} not null,
	archived_at {{.Int}}  not null,
	due_at      {{.Int}}  not null,                   -- from this instant on nobody restores, and the erasure is due
	doomed_at   {{.Int}}  not null default 0          -- when the erasure began: it is finished, whatever happens in between
) {{.Strict}};
create index vaults_due on vaults (due_at);

-- What the eraser knows of time: the wall clock and a steady one at its last look, and how much time both have agreed on since it
-- first ran. While progress is below paused_until nothing is erased.
create table erasure_clock (
	name         {{.Text}} not null primary key,
	process      {{.Text}} not null,                  -- whose steady clock it was
	wall_at      {{.Int}}  not null,
	steady       {{.Int}}  not null,                  -- ms since that process began
	progress     {{.Int}}  not null,                  -- ms
	paused_at    {{.Int}}  not null default 0,
	paused_until {{.Int}}  not null default 0,        -- of progress
	jumped       {{.Int}}  not null default 0         -- ms by which the clocks disagreed
) {{.Strict}};
