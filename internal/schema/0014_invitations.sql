-- Invitations of staff. The address and the message are sealed for the invited account; the token is a hash, empty once it is dead.
create table invitations (
	id           {{.Text}} not null primary key,
	brand_id     {{.Text}} not null,                  -- home of the account: a brand, or 'platform'
	scope        {{.Text}} not null,                  -- lowest node over all of scopes: where the invitation is seen
	user_id      {{.Text}} not null,                  -- the invited account, or the one that was there; gone after a revoked first invitation
	version      {{.Int}}  not null,
	address_box  {{.Text}} not null,
	address_mac  {{.Text}} not null,                  -- keyed hash of account and address: it counts for no other address
	role         {{.Text}} not null,
	scopes       {{.Text}} not null,                  -- the nodes of the role, separated by spaces
	adds         {{.Text}} not null default '',
	removes      {{.Text}} not null default '',
	from_at      {{.Int}}  not null default 0,
	until_at     {{.Int}}  not null default 0,
	inviter      {{.Text}} not null default '',       -- who vouches for the role; empty: the operator at the machine
	message_box  {{.Text}} not null default '',
	mailed       {{.Int}}  not null default 0,        -- the link went to the mailbox, and nowhere else
	token_hash   {{.Text}} not null default '',
	sent_at      {{.Int}}  not null,
	expires_at   {{.Int}}  not null,
	resends      {{.Int}}  not null default 0,
	resent       {{.Text}} not null default '',       -- when, over the last day, separated by spaces
	accepted_at  {{.Int}}  not null default 0,
	revoked_at   {{.Int}}  not null default 0,
	refused_at   {{.Int}}  not null default 0,        -- the first time that it could not be accepted, for want of an entitled inviter
	created_at   {{.Int}}  not null
) {{.Strict}};
-- At most one open invitation for an account; and an account has its address for itself within its home.
create unique index invitations_open on invitations (user_id) where accepted_at = 0 and revoked_at = 0;
create unique index invitations_token on invitations (token_hash) where token_hash <> '';
create index invitations_sent on invitations (brand_id, sent_at, id);
