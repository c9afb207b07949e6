-- The life of an account: who made the last move and why, who checked an ID, whom a link is about, and addresses that stay out.

alter table users add column status_by {{.Text}} not null default '';            -- who made the last move
alter table users add column ban_reason {{.Text}} not null default '';           -- beside status_reason: a suspension may lie below a ban
alter table users add column identity_verified_at {{.Int}} not null default 0;
alter table users add column identity_verified_by {{.Text}} not null default '';
create index users_by_status_until on users (status_until) where status_until > 0; -- suspensions that end by themselves

-- The address that a link confirms, as a keyed hash: another address on the account, and the link is void.
alter table links add column about {{.Text}} not null default '';

-- Addresses that a ban keeps from registering again, also when their account is archived or erased. Only keyed hashes stand here.
create table barred_addresses (
	brand_id     {{.Text}} not null,
	address_hash {{.Text}} not null,
	user_id      {{.Text}} not null,
	barred_at    {{.Int}}  not null,
	primary key (brand_id, address_hash, user_id)
) {{.Strict}};
create index barred_addresses_user on barred_addresses (user_id);
