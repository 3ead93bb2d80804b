-- The table that every query of this folder adds to: one row per (piece of evidence, event behind it).
-- An actor or whom it deals with is an account by its id, or a value by the first digits of its hash;
-- turn says which rows stay where there are too many, and a row with a hop belongs to a strand.
create temp table found (
    piece integer,
    turn bigint,
    strand varchar,
    hop integer,
    event varchar,
    event_id varchar,
    ts timestamp,
    owner_id varchar,
    actor varchar,
    act varchar,
    upon varchar,
    market varchar,
    usd decimal(28, 10)
)
