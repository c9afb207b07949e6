-- Failed sign-ins by time, for the alarm over all accounts: it looks at five minutes, and at the seven days before.
create index sign_ins_failed on sign_ins (at) where outcome <> 'ok';

-- Times at which far more sign-ins failed than usually. Nothing of a person is in it.
create table sign_in_alarms (
	id       {{.Text}} not null primary key,
	began_at {{.Int}}  not null,
	ended_at {{.Int}}  not null default 0,           -- 0: it goes on
	failed   {{.Int}}  not null,                     -- the most in five minutes
	usual    {{.Int}}  not null                      -- median of the five minutes of the seven days before
) {{.Strict}};
create index sign_in_alarms_began on sign_in_alarms (began_at);
