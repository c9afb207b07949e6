-- Exports of lists are about many people: those of one kind at least, at one place or several (scope has them, with a space between).
alter table exports add column people {{.Int}} not null default 0; -- the kind of person whom everybody in it may be reached as; 0: any
