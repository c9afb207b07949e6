-- A session in which a member of staff looks through somebody else's eyes. It hangs on their own session and ends with it.
alter table sessions add column actor_id {{.Text}} not null default '';
alter table sessions add column actor_session {{.Text}} not null default '';
alter table sessions add column writes {{.Int}} not null default 0;
create index sessions_actor on sessions (actor_session) where actor_session <> '';
