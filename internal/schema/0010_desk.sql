-- The desk: places, people, roles, sessions, keys of programs, mail, and the history that customers bring with them.
-- Times are epoch milliseconds UTC, money is minor units, booleans are 0 or 1. Ids are opaque text with a prefix.
-- Every table of a tenant leads with its brand, or hangs on a row that does.

create table brands (
	id         {{.Text}} not null primary key,
	num        {{.Int}}  not null unique,             -- upper bits of the numbers of its users and orders
	slug       {{.Text}} not null unique,
	name       {{.Text}} not null,
	currency   {{.Text}} not null,                    -- ISO 4217; fixed after the first order
	zone       {{.Text}} not null,                    -- IANA time zone
	version    {{.Int}}  not null,
	created_at {{.Int}}  not null
) {{.Strict}};

create table locations (
	id         {{.Text}} not null primary key,
	num        {{.Int}}  not null unique,             -- what narrow tables keep instead of the id
	brand_id   {{.Text}} not null references brands (id),
	name       {{.Text}} not null,
	city       {{.Text}} not null,
	version    {{.Int}}  not null,
	created_at {{.Int}}  not null
) {{.Strict}};
create index locations_brand on locations (brand_id, name);

-- A person with an account. Wide, for showing and for reading one by one; lists filter on people.
create table users (
	num               {{.PrimaryNum}},                -- brand's num << 40 | number within the brand: a brand is a range
	id                {{.Text}} not null unique,
	brand_id          {{.Text}} not null,             -- the brand, or 'platform'
	version           {{.Int}}  not null,
	status            {{.Text}} not null,
	status_before     {{.Text}} not null default '',
	status_reason     {{.Text}} not null default '',
	status_message    {{.Text}} not null default '',
	status_until      {{.Int}}  not null default 0,
	status_since      {{.Int}}  not null default 0,
	first_name        {{.Text}} not null default '',
	last_name         {{.Text}} not null default '',
	name_sort         {{.Text}} not null default '',  -- folded full name
	email             {{.Text}} not null default '',
	email_norm        {{.Text}} not null default '',
	email_verified_at {{.Int}}  not null default 0,
	email_attested_at {{.Int}}  not null default 0,   -- set by staff: good for sign-in mail, not for matching (rule E)
	phone             {{.Text}} not null default '',
	phone_verified_at {{.Int}}  not null default 0,
	born              {{.Text}} not null default '',  -- YYYY-MM-DD
	address           {{.Text}} not null default '',  -- lines, as on an envelope
	country           {{.Text}} not null default '',
	theme             {{.Text}} not null default '',  -- light, dark, or empty for the device's
	shortcuts_off     {{.Int}}  not null default 0,
	registered_at     {{.Int}}  not null,
	last_seen_at      {{.Int}}  not null default 0,
	created_at        {{.Int}}  not null,
	updated_at        {{.Int}}  not null
) {{.Strict}};
create unique index users_email on users (brand_id, email_norm) where email_norm <> '';
-- The status rides along: a list by name skips the archived, whose placeholders stand together, without reading their rows.
create index users_by_name on users (brand_id, name_sort, num, status);
create index users_by_email on users (brand_id, email_norm, num, status);
-- An address of staff is unique in the whole installation: staff_emails holds it while a staff grant may come into force.
create table staff_emails (
	email_norm {{.Text}} not null primary key,
	user_id    {{.Text}} not null unique
) {{.Strict}};

-- The one narrow row for each person: what lists filter, sort and count on, and the statistics of a customer.
-- Derived: users, grants, orders and refunds give it again.
create table people (
	num              {{.PrimaryNum}},
	brand_num        {{.Int}} not null,
	kinds            {{.Int}} not null default 0,     -- 1 customer, 2 staff, 4 company user
	status           {{.Int}} not null default 0,     -- user.Status as a number
	role             {{.Int}} not null default 0,     -- number of the role in force; 0 none
	email_verified   {{.Int}} not null default 0,
	phone_verified   {{.Int}} not null default 0,
	registered_at    {{.Int}} not null default 0,
	last_seen_at     {{.Int}} not null default 0,
	location_num     {{.Int}} not null default 0,     -- home location
	tier             {{.Int}} not null default 0,     -- 0 bronze … 3 platinum
	tier_until       {{.Int}} not null default 0,     -- first instant after the tier's last day, in the brand's zone; 0 no expiry
	orders           {{.Int}} not null default 0,     -- paid native orders
	gross            {{.Int}} not null default 0,     -- their totals
	refunds          {{.Int}} not null default 0,
	refunded         {{.Int}} not null default 0,
	imported         {{.Int}} not null default 0,     -- spend on a previous platform
	lifetime         {{.Int}} not null default 0,     -- gross - refunded + imported
	profit           {{.Int}} not null default 0,     -- of lines with a cost
	first_order_at   {{.Int}} not null default 0,
	last_order_at    {{.Int}} not null default 0,
	favourite_share  {{.Int}} not null default 0,     -- of the order lines with a category, in hundredths of a percent
	favourite        {{.Text}} not null default ''    -- category
) {{.Strict}};
create index people_by_registered on people (brand_num, registered_at, num);
create index people_by_seen on people (brand_num, last_seen_at, num);
create index people_by_lifetime on people (brand_num, lifetime, num);
create index people_by_orders on people (brand_num, orders, num);
create index people_by_last_order on people (brand_num, last_order_at, num);
-- The few: who is not active (status 1), and who is more than a customer (kinds 1). Filters on them need no scan.
create index people_by_status on people (brand_num, status, num) where status <> 1;
create index people_by_kinds on people (brand_num, kinds, role, num) where kinds <> 1;
create index people_by_tier_until on people (tier_until) where tier_until > 0; -- for the daily roll of tiers

-- What search looks through: folded words that everybody who sees the person may search, and words of contact.
create table people_search (
	num     {{.PrimaryNum}},
	words   {{.Text}} not null,                       -- name, user id, external ids
	contact {{.Text}} not null                        -- e-mail, phone
) {{.Strict}};
{{if .SQLite}}
-- Folded in Go, so nothing is folded here. A space on either side makes the trigram of a word's first two letters, so that short
-- words are found where a word begins; the index reads it from a view, so that it can be rebuilt and checked.
create view people_search_padded as select num, ' ' || words || ' ' as words, ' ' || contact || ' ' as contact from people_search;
create virtual table people_fts using fts5 (words, contact, content='people_search_padded', content_rowid='num',
	detail=none, tokenize='trigram case_sensitive 1');
insert into people_fts (people_fts, rank) values ('secure-delete', 1);
create trigger people_search_insert after insert on people_search begin
	insert into people_fts (rowid, words, contact) values (new.num, ' ' || new.words || ' ', ' ' || new.contact || ' ');
end;
create trigger people_search_delete after delete on people_search begin
	insert into people_fts (people_fts, rowid, words, contact) values ('delete', old.num, ' ' || old.words || ' ', ' ' || old.contact || ' ');
end;
create trigger people_search_update after update on people_search begin
	insert into people_fts (people_fts, rowid, words, contact) values ('delete', old.num, ' ' || old.words || ' ', ' ' || old.contact || ' ');
	insert into people_fts (rowid, words, contact) values (new.num, ' ' || new.words || ' ', ' ' || new.contact || ' ');
end;
{{else}}
create extension if not exists pg_trgm;
-- The same spaces, so that one condition serves both databases.
create index people_search_words on people_search using gin ((' ' || words || ' ') gin_trgm_ops);
create index people_search_contact on people_search using gin ((' ' || contact || ' ') gin_trgm_ops);
{{end}}

-- Who holds which role where, from when until when. A grant is ended, never overwritten.
create table grants (
	id         {{.Text}} not null primary key,
	user_id    {{.Text}} not null,
	brand_id   {{.Text}} not null,                    -- home of the user, for the audit chain
	role       {{.Text}} not null,
	scope      {{.Text}} not null,
	from_at    {{.Int}}  not null default 0,
	until_at   {{.Int}}  not null default 0,
	adds       {{.Text}} not null default '',         -- permissions beyond the role, separated by spaces
	removes    {{.Text}} not null default '',
	given_by   {{.Text}} not null default '',
	given_at   {{.Int}}  not null,
	ended_by   {{.Text}} not null default '',
	ended_at   {{.Int}}  not null default 0
) {{.Strict}};
create index grants_user on grants (user_id, given_at);
create index grants_role on grants (role, scope) where ended_at = 0;
-- One row for each held role at a place: locked by whatever could take its last holder away.
create table held_roles (
	role  {{.Text}} not null,
	scope {{.Text}} not null,
	primary key (role, scope)
) {{.Strict}};

create table credentials (
	user_id         {{.Text}} not null primary key,
	password_hash   {{.Text}} not null default '',
	password_at     {{.Int}}  not null default 0,
	must_change     {{.Int}}  not null default 0,
	failures        {{.Int}}  not null default 0,     -- consecutive
	failed_at       {{.Int}}  not null default 0,
	known_device    {{.Text}} not null default ''     -- hash of the cookie that skips the wait
) {{.Strict}};

-- Links that are good once: set a password, set the installation up. Only hashes stand here.
create table links (
	token_hash {{.Text}} not null primary key,
	purpose    {{.Text}} not null,
	user_id    {{.Text}} not null default '',
	made_at    {{.Int}}  not null,
	expires_at {{.Int}}  not null,
	used_at    {{.Int}}  not null default 0
) {{.Strict}};
create index links_user on links (user_id);

create table sessions (
	id           {{.Text}} not null primary key,      -- public id, for lists and the log
	token_hash   {{.Text}} not null unique,
	user_id      {{.Text}} not null,
	audience     {{.Text}} not null,                  -- staff, company, account
	device_id    {{.Text}} not null default '',
	ip_box       {{.Text}} not null default '',       -- sealed for the person
	agent_box    {{.Text}} not null default '',
	country      {{.Text}} not null default '',
	device       {{.Text}} not null default '',       -- Chrome 141 on Android
	brand_id     {{.Text}} not null default '',       -- the brand chosen in the switcher
	created_at   {{.Int}}  not null,
	last_seen_at {{.Int}}  not null,
	idle_until   {{.Int}}  not null,
	ends_at      {{.Int}}  not null,
	ended_at     {{.Int}}  not null default 0,
	ended_why    {{.Text}} not null default ''
) {{.Strict}};
create index sessions_user on sessions (user_id, created_at);

-- Every attempt to sign in by a known account, for the person's history.
create table sign_ins (
	id       {{.Text}} not null primary key,
	user_id  {{.Text}} not null,
	at       {{.Int}}  not null,
	outcome  {{.Text}} not null,                      -- ok, wrong_password, locked, not_active
	method   {{.Text}} not null,
	ip_box   {{.Text}} not null default '',
	country  {{.Text}} not null default '',
	device   {{.Text}} not null default ''
) {{.Strict}};
create index sign_ins_user on sign_ins (user_id, at);

create table api_keys (
	id           {{.Text}} not null primary key,
	token_hash   {{.Text}} not null unique,
	hint         {{.Text}} not null,                  -- the last four characters
	owner_id     {{.Text}} not null,
	brand_id     {{.Text}} not null,                  -- the brand it implies, or 'platform'
	scope        {{.Text}} not null,
	name         {{.Text}} not null,
	source       {{.Text}} not null default '',       -- of the external ids it sends
	permissions  {{.Text}} not null,
	unattended   {{.Text}} not null default '',
	version      {{.Int}}  not null,
	created_at   {{.Int}}  not null,
	expires_at   {{.Int}}  not null,
	revoked_at   {{.Int}}  not null default 0,
	last_used_at {{.Int}}  not null default 0
) {{.Strict}};
create index api_keys_owner on api_keys (owner_id);
create index api_keys_brand on api_keys (brand_id, created_at);

-- Mail that goes out: written in the transaction that needs it, sent by a job. Address and letter are sealed for the recipient.
create table mails (
	id          {{.Text}} not null primary key,
	brand_id    {{.Text}} not null,
	user_id     {{.Text}} not null,
	kind        {{.Text}} not null,                   -- step_up_code, role_changed, …
	to_box      {{.Text}} not null,
	letter_box  {{.Text}} not null,                   -- what it says, as mailing.Letter
	state       {{.Text}} not null,                   -- waiting, sent, failed, expired
	tries       {{.Int}}  not null default 0,
	problem     {{.Text}} not null default '',
	made_at     {{.Int}}  not null,
	expires_at  {{.Int}}  not null default 0,
	sent_at     {{.Int}}  not null default 0
) {{.Strict}};
create index mails_made on mails (made_at, id);
create index mails_user on mails (user_id, made_at);
create index mails_waiting on mails (made_at) where state = 'waiting';

-- Ids that other systems know people by.
create table external_ids (
	brand_id    {{.Text}} not null,
	source      {{.Text}} not null,
	external_id {{.Text}} not null,
	user_num    {{.Int}}  not null,
	primary key (brand_id, source, external_id)
) {{.Strict}};
create index external_ids_user on external_ids (user_num);

-- A storefront account: what makes a user a customer. The home location in force stands in people.
create table customers (
	user_num      {{.PrimaryNum}},
	user_id       {{.Text}} not null unique,
	brand_id      {{.Text}} not null,
	version       {{.Int}}  not null,
	location_id   {{.Text}} not null default '',      -- home location set by staff or at sign-up; else the first order decides
	by_order      {{.Int}}  not null default 0,       -- registered is the first order, for want of a better date
	imported      {{.Int}}  not null default 0,       -- spend on a previous platform
	imported_from {{.Text}} not null default '',
	imported_at   {{.Int}}  not null default 0,
	created_at    {{.Int}}  not null
) {{.Strict}};

create table orders (
	num         {{.PrimaryNum}},                      -- brand's num << 40 | number within the brand
	id          {{.Text}} not null unique,
	brand_id    {{.Text}} not null,
	source      {{.Text}} not null,
	external_id {{.Text}} not null,
	user_num    {{.Int}}  not null,
	location_id {{.Text}} not null default '',
	status      {{.Text}} not null,                   -- paid, pending, cancelled, void
	placed_at   {{.Int}}  not null,
	total       {{.Int}}  not null,                   -- with tax and shipping
	profit      {{.Int}}  not null default 0,         -- of the lines with a cost
	line_count  {{.Int}}  not null,
	lines       {{.Text}} not null,                   -- JSON: an order is read and replaced whole
	categories  {{.Text}} not null default '',        -- JSON: lines and spend for each category
	digest      {{.Text}} not null,                   -- of its content: sent again unchanged, nothing changes
	created_at  {{.Int}}  not null,
	updated_at  {{.Int}}  not null
) {{.Strict}};
create unique index orders_external on orders (brand_id, external_id, source);
create index orders_user on orders (user_num, placed_at, num, status, total);
create index orders_brand on orders (brand_id, placed_at, num);
create index orders_location on orders (brand_id, location_id, placed_at, num) where location_id <> '';

-- Money that went back. The order is named as the sender named it: it may arrive later, or never.
create table refunds (
	num               {{.PrimaryNum}},
	id                {{.Text}} not null unique,
	brand_id          {{.Text}} not null,
	source            {{.Text}} not null,
	external_id       {{.Text}} not null,
	user_num          {{.Int}}  not null,
	order_external_id {{.Text}} not null default '',
	amount            {{.Int}}  not null,
	refunded_at       {{.Int}}  not null,
	reason            {{.Text}} not null default '',
	digest            {{.Text}} not null,
	created_at        {{.Int}}  not null,
	updated_at        {{.Int}}  not null
) {{.Strict}};
create unique index refunds_external on refunds (brand_id, external_id, source);
create index refunds_user on refunds (user_num, refunded_at, num, amount);
create index refunds_order on refunds (brand_id, order_external_id) where order_external_id <> '';

-- How many lines of paid orders, and how much spend, a customer has in each category. Derived from orders.
create table customer_categories (
	user_num {{.Int}}  not null,
	category {{.Text}} not null,
	lines    {{.Int}}  not null,
	spend    {{.Int}}  not null,
	primary key (user_num, category)
) {{.Strict}};

-- How far the import of a file has come, so that one that was killed goes on where it was.
create table imports (
	id             {{.Text}} not null primary key,    -- of file, mapping, brand and source
	brand_id       {{.Text}} not null,
	source         {{.Text}} not null,
	file_digest    {{.Text}} not null,
	mapping_digest {{.Text}} not null,
	partitions     {{.Int}}  not null,
	done           {{.Int}}  not null,                -- partitions that are finished, in their order
	state          {{.Text}} not null,                -- running, finished
	counts         {{.Text}} not null,                -- JSON: what the finished partitions did
	started_at     {{.Int}}  not null,
	updated_at     {{.Int}}  not null
) {{.Strict}};

create table settings (
	scope   {{.Text}} not null,
	name    {{.Text}} not null,
	value   {{.Text}} not null,
	version {{.Int}}  not null,
	primary key (scope, name)
) {{.Strict}};
