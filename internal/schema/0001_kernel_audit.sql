-- The record of what was done. Entries are only ever appended; see internal/kernel/audit.

-- One row for each entry. The body is the entry's canonical JSON, and the hash covers it; the other columns repeat facts of the
-- body for filters, and verification compares them.
create table audit_events (
	chain      {{.Text}} not null,                    -- a brand's id, or 'platform'
	n          {{.Int}}  not null,                    -- 1, 2, 3, … without holes, in order of time
	id         {{.Text}} not null unique,
	at         {{.Int}}  not null,
	op         {{.Text}} not null,
	outcome    {{.Text}} not null,                    -- done, refused
	actor_kind {{.Text}} not null,
	actor_id   {{.Text}} not null,
	person     {{.Text}} not null,                    -- the user who acted, by whatever key; empty for the system
	body       {{.Text}} not null,
	hash       {{.Blob}} not null,
	primary key (chain, n)
) {{.Strict}}{{if .SQLite}}, without rowid{{end}};
-- Each is paid on every change in the house, so there are no more than the filters need: all end in (chain, n), the order of
-- every list, and a user as actor is found by person.
create index audit_events_person  on audit_events (person, chain, n) where person <> '';
create index audit_events_actor   on audit_events (actor_id, chain, n) where actor_id <> person;
create index audit_events_op      on audit_events (chain, op, n);
create index audit_events_refused on audit_events (chain, n) where outcome = 'refused';

-- What an entry is about: "what happened to this person".
create table audit_subjects (
	subject_id {{.Text}} not null,
	chain      {{.Text}} not null,
	n          {{.Int}}  not null,
	kind       {{.Text}} not null,
	primary key (subject_id, chain, n)
) {{.Strict}}{{if .SQLite}}, without rowid{{end}};

-- The end of each chain. Appending takes this row and keeps it until the commit.
create table audit_heads (
	chain {{.Text}} not null primary key,
	n     {{.Int}}  not null,
	hash  {{.Blob}} not null,
	at    {{.Int}}  not null
) {{.Strict}};

-- The database refuses what the program never does. Who may drop triggers is stopped by nothing in here, and seen by
-- "steward audit verify".
{{if .SQLite}}
create trigger audit_events_kept before delete on audit_events begin
	select raise(abort, 'audit entries are never deleted');
end;
create trigger audit_events_fixed before update on audit_events begin
	select raise(abort, 'audit entries are never changed');
end;
-- "insert or replace" deletes without asking the triggers for delete, so only the next number and a new id may come in. It also
-- replaces by rowid, so there is none.
create trigger audit_events_next before insert on audit_events
when new.n <> (select coalesce(max(n), 0) + 1 from audit_events where chain = new.chain)
  or exists (select 1 from audit_events where id = new.id)
begin
	select raise(abort, 'audit entries are only ever appended');
end;
create trigger audit_subjects_kept before delete on audit_subjects begin
	select raise(abort, 'audit entries are never deleted');
end;
create trigger audit_subjects_fixed before update on audit_subjects begin
	select raise(abort, 'audit entries are never changed');
end;
create trigger audit_subjects_new before insert on audit_subjects
when exists (select 1 from audit_subjects where subject_id = new.subject_id and chain = new.chain and n = new.n)
begin
	select raise(abort, 'audit entries are only ever appended');
end;
{{else}}
create function audit_refuse() returns trigger language plpgsql as $$
begin
	raise exception 'audit entries are never changed or deleted' using errcode = 'restrict_violation';
end $$;
create trigger audit_events_fixed before update or delete on audit_events for each row execute function audit_refuse();
create trigger audit_events_kept before truncate on audit_events for each statement execute function audit_refuse();
create trigger audit_subjects_fixed before update or delete on audit_subjects for each row execute function audit_refuse();
create trigger audit_subjects_kept before truncate on audit_subjects for each statement execute function audit_refuse();
-- Also where triggers are off for replication.
alter table audit_events enable always trigger audit_events_fixed;
alter table audit_events enable always trigger audit_events_kept;
alter table audit_subjects enable always trigger audit_subjects_fixed;
alter table audit_subjects enable always trigger audit_subjects_kept;
{{end}}
