-- Passwords that a person had before, as hashes, so that they do not come back where the rules say so.
create table old_passwords (
	user_id {{.Text}} not null,
	set_at  {{.Int}}  not null,
	hash    {{.Text}} not null,
	primary key (user_id, set_at)
) {{.Strict}};
