-- Sign-ins that are half done: the first proof was right, and something is still to be shown or set before a session begins.
create table tickets (
	token_hash {{.Text}} not null primary key,
	user_id    {{.Text}} not null,
	audience   {{.Text}} not null,
	method     {{.Text}} not null,                    -- what the first proof was
	next       {{.Text}} not null,                    -- second_factor, enrol, new_password
	second     {{.Text}} not null default '',         -- the second proof, once it was right
	known      {{.Int}}  not null default 0,          -- from a device that the person has signed in with before
	tries      {{.Int}}  not null default 0,          -- of second proofs
	made_at    {{.Int}}  not null,
	expires_at {{.Int}}  not null,
	used_at    {{.Int}}  not null default 0
) {{.Strict}};
create index tickets_user on tickets (user_id);
