-- A step-up may be proved without a mailed code: by an authenticator app or a passkey. What proved it is kept as a keyed hash.
alter table step_ups add column proven_hash {{.Text}} not null default '';
alter table step_ups add column way {{.Text}} not null default '';
