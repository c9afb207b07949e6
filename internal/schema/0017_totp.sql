-- Authenticator apps and recovery codes.

-- An app that shows codes for a person. The secret is sealed for them; last_step is the 30 seconds of the last code that was
-- accepted, so that each code is good once.
create table totps (
	id         {{.Text}} not null primary key,
	user_id    {{.Text}} not null,
	name       {{.Text}} not null,
	secret_box {{.Text}} not null,
	last_step  {{.Int}}  not null default 0,
	version    {{.Int}}  not null,
	made_at    {{.Int}}  not null,
	used_at    {{.Int}}  not null default 0
) {{.Strict}};
create index totps_user on totps (user_id);

-- A secret that was shown and is no second factor yet: until its app has shown a right code. It belongs to one session, or to one
-- half-done sign-in, so that nobody who signs in beside sees it.
create table totp_offers (
	owner      {{.Text}} not null primary key,        -- id of the session, or hash of the ticket
	user_id    {{.Text}} not null,
	secret_box {{.Text}} not null,
	proved     {{.Int}}  not null default 0,          -- the step of the right code
	made_at    {{.Int}}  not null,
	expires_at {{.Int}}  not null
) {{.Strict}};
create index totp_offers_user on totp_offers (user_id);

-- Codes that are good once each, for who has lost the app or the passkey. Ten at a time; a new set takes the old one's place.
create table recovery_codes (
	code_hash {{.Text}} not null primary key,
	user_id   {{.Text}} not null,
	made_at   {{.Int}}  not null,
	used_at   {{.Int}}  not null default 0
) {{.Strict}};
create index recovery_codes_user on recovery_codes (user_id);

-- Wrong second factors in a row, however many sign-ins they are spread over.
alter table credentials add column second_failures {{.Int}} not null default 0;
alter table credentials add column second_failed_at {{.Int}} not null default 0;
