-- What people do for their own privacy: another e-mail address and the way back to the old one, a request to be deleted, consents.

-- A new address that waits to be confirmed. One row is person, address and link, so that none of them is ever exchanged alone.
create table address_changes (
	user_id     {{.Text}} not null primary key,
	link_hash   {{.Text}} not null unique,            -- of the link in the letter to the new address
	address_box {{.Text}} not null,                   -- sealed for the person
	made_at     {{.Int}}  not null
) {{.Strict}};

-- The way back to an address that an account had: the link in the letter to it, and what was known of it.
create table address_reverts (
	link_hash   {{.Text}} not null primary key,
	user_id     {{.Text}} not null,
	address_box {{.Text}} not null,                   -- sealed for the person
	verified_at {{.Int}}  not null,
	attested_at {{.Int}}  not null,
	made_at     {{.Int}}  not null,
	expires_at  {{.Int}}  not null,
	used_at     {{.Int}}  not null default 0          -- used, or void since a way back to before it was used
) {{.Strict}};
create index address_reverts_user on address_reverts (user_id, made_at);

-- That somebody asks to be deleted. The row stays as the proof of the answer; it tells nothing but an id.
create table deletion_requests (
	id          {{.Text}} not null primary key,
	user_id     {{.Text}} not null,
	brand_id    {{.Text}} not null,
	state       {{.Text}} not null,                   -- open, done, withdrawn, refused
	reason_box  {{.Text}} not null default '',        -- sealed for the person
	answer_box  {{.Text}} not null default '',        -- why it was refused, sealed for the person
	asked_at    {{.Int}}  not null,
	due_at      {{.Int}}  not null,
	closed_at   {{.Int}}  not null default 0,
	closed_by   {{.Text}} not null default '',
	version     {{.Int}}  not null
) {{.Strict}};
create index deletion_requests_user on deletion_requests (user_id, asked_at);
create index deletion_requests_due on deletion_requests (brand_id, due_at) where state = 'open';
create unique index deletion_requests_once on deletion_requests (user_id) where state = 'open';

-- What people agreed to and took back, with proof. Rows are only ever added, and deleted with the account: what holds is the last.
create table consents (
	id       {{.Text}} not null primary key,
	user_id  {{.Text}} not null,
	n        {{.Int}}  not null,                      -- counted for each person, from 1
	purpose  {{.Text}} not null,                      -- email_marketing, sms_marketing, profiling, privacy_policy
	given    {{.Int}}  not null,                      -- 0: taken back
	at       {{.Int}}  not null,
	source   {{.Text}} not null,                      -- account, sign_up, staff, api, archive
	by_id    {{.Text}} not null,                      -- who noted it
	text     {{.Text}} not null,                      -- the version of the text that was shown
	ip_box   {{.Text}} not null default '',           -- sealed for the person
	unique (user_id, n)
) {{.Strict}};
create index consents_purpose on consents (user_id, purpose, n);
{{if .SQLite}}
create trigger consents_fixed before update on consents begin
	select raise(abort, 'consents are never changed');
end;
create trigger consents_new before insert on consents
when exists (select 1 from consents where id = new.id or (user_id = new.user_id and n >= new.n))
begin
	select raise(abort, 'consents are only ever added');
end;
{{else}}
create function consents_refuse() returns trigger language plpgsql as $$
begin
	raise exception 'consents are never changed' using errcode = 'restrict_violation';
end $$;
create trigger consents_fixed before update on consents for each row execute function consents_refuse();
{{end}}

-- The version of the privacy policy that a registration accepted, and from where: it is noted when the address is confirmed.
alter table sign_ups add column policy {{.Text}} not null default '';
alter table sign_ups add column policy_ip_box {{.Text}} not null default '';
