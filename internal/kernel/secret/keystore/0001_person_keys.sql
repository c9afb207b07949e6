-- The keys of persons, wrapped by the master key. An empty wrapped key was destroyed; the row stays so that no other is made.
create table person_keys (
	person  {{.Text}} not null primary key,
	wrapped {{.Text}} not null,
	made_at {{.Int}}  not null
) {{.Strict}};
