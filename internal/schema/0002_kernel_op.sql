-- What the door itself keeps: numbers handed out in order, step-ups that wait for their code, answers kept for repeats.

-- Numbers that must be handed out in order: users, orders and refunds of a brand.
create table counters (
	name {{.Text}} not null primary key,
	next {{.Int}}  not null
) {{.Strict}};

create table step_ups (
	id          {{.Text}} not null primary key,
	person      {{.Text}} not null,
	caller_id   {{.Text}} not null,
	session_id  {{.Text}} not null,
	op          {{.Text}} not null,
	params_hash {{.Text}} not null,
	input_box   {{.Text}} not null,
	confirm_box {{.Text}} not null,
	code_hash   {{.Text}} not null,
	issued_at   {{.Int}}  not null,
	expires_at  {{.Int}}  not null,
	tries       {{.Int}}  not null default 0,
	wrong_at    {{.Int}}  not null default 0,
	used_at     {{.Int}}  not null default 0,
	chain       {{.Text}} not null
) {{.Strict}};
create index step_ups_person on step_ups (person, issued_at);

create table idempotency_keys (
	principal       {{.Text}} not null,
	operation       {{.Text}} not null,
	idempotency_key {{.Text}} not null,
	params_hash     {{.Text}} not null,
	answer          {{.Text}} not null,
	at              {{.Int}}  not null,
	primary key (principal, operation, idempotency_key)
) {{.Strict}};
create index idempotency_keys_at on idempotency_keys (at);
