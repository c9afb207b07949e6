-- Codes by e-mail that people sign in with, the devices that they are known from, and registrations that wait for their address.

-- A code waits here for its answer. An address without an account has rows too, so that both cost the same work: who is then
-- a keyed hash of the address, and user_id is empty.
create table sign_in_codes (
	browser_hash {{.Text}} not null primary key,      -- of the cookie of the browser that asked: the answer must come from there
	who          {{.Text}} not null,
	user_id      {{.Text}} not null default '',
	audience     {{.Text}} not null,
	code_hash    {{.Text}} not null,                  -- keyed
	tries        {{.Int}}  not null default 0,
	made_at      {{.Int}}  not null,
	expires_at   {{.Int}}  not null,
	used_at      {{.Int}}  not null default 0
) {{.Strict}};
create index sign_in_codes_who on sign_in_codes (who, made_at);

-- Wrong codes in a row. It outlives every code: asking for another one, or coming another way, begins nothing anew.
create table code_failures (
	who       {{.Text}} not null primary key,
	failures  {{.Int}}  not null default 0,
	failed_at {{.Int}}  not null default 0
) {{.Strict}};

-- Devices that a person has signed in from, by the cookie that each was given. They replace the one in credentials.
create table known_devices (
	token_hash {{.Text}} not null primary key,
	user_id    {{.Text}} not null,
	audience   {{.Text}} not null,
	made_at    {{.Int}}  not null
) {{.Strict}};
create index known_devices_user on known_devices (user_id, audience, made_at);
alter table credentials drop column known_device;

-- A registration that waits for its address to be confirmed.
create table sign_ups (
	link_hash     {{.Text}} not null primary key,     -- of the link that was mailed
	user_id       {{.Text}} not null,
	made          {{.Int}}  not null,                 -- the account was made by it; 0: it was there before, without a way in
	browser_hash  {{.Text}} not null,                 -- of the browser that registered: a password counts only when it confirms
	password_hash {{.Text}} not null default '',
	name_box      {{.Text}} not null default '',      -- first and last name, sealed for the person
	made_at       {{.Int}}  not null
) {{.Strict}};
create index sign_ups_user on sign_ups (user_id);
