-- Where another e-mail address was asked for: the address of staff is changed in a session at the desk alone.
alter table address_changes add column at_desk {{.Int}} not null default 0;

-- The home location that somebody chose when they registered: it is theirs when the address is confirmed.
alter table sign_ups add column location_id {{.Text}} not null default '';
