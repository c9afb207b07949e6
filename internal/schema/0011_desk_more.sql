-- The networks from which an API key is taken, as CIDR separated by spaces. Empty: from anywhere.
alter table api_keys add column networks {{.Text}} not null default '';
