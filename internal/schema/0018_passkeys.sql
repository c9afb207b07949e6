-- Passkeys: public keys of devices. The private keys never leave the devices.
create table passkeys (
	id            {{.Text}} not null primary key,
	user_id       {{.Text}} not null,
	credential_id {{.Text}} not null unique,          -- as browsers name it, base64url
	name          {{.Text}} not null,                 -- what its person calls it
	record        {{.Text}} not null,                 -- JSON: public key, flags, counter
	synced        {{.Int}}  not null default 0,       -- lives on more than one device
	version       {{.Int}}  not null,
	made_at       {{.Int}}  not null,
	used_at       {{.Int}}  not null default 0
) {{.Strict}};
create index passkeys_user on passkeys (user_id, made_at);

-- A question that a browser was asked to sign, until it is answered. Good for one answer.
create table ceremonies (
	token_hash {{.Text}} not null primary key,
	purpose    {{.Text}} not null,                    -- sign_in, second_factor, step_up, make
	user_id    {{.Text}} not null default '',         -- nobody yet, when any passkey may answer
	state      {{.Text}} not null,                    -- JSON: the question and for which site it is
	expires_at {{.Int}}  not null,
	used_at    {{.Int}}  not null default 0
) {{.Strict}};
create index ceremonies_user on ceremonies (user_id);
create index ceremonies_expires on ceremonies (expires_at);
