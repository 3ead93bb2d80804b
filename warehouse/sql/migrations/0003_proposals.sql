-- Points by hand: what was proposed, line by line, and who approved or withdrew it. Append-only.
-- A proposal is pending while it has no end; its batch has its kind and name.

create table proposals (
    proposal       bigint primary key,   -- from 1, in the order written
    kind           varchar not null check (kind in ('adjust', 'drop')),
    season         integer not null,
    week           integer not null,     -- of origin; 0 for the season as a whole
    name           varchar not null,
    content        varchar not null,     -- canonical JSON (RFC 8785); holds the digest of the lines
    content_sha256 varchar not null,
    proposed_by    varchar not null,
    proposed_at    timestamp not null
);
create table proposal_lines (
    proposal    bigint not null,
    owner_id    varchar not null,
    micropoints bigint not null check (micropoints <> 0),  -- negative: to be taken back
    reason      varchar not null
);
create table proposal_ends (
    proposal bigint primary key,
    outcome  varchar not null check (outcome in ('approved', 'withdrawn')),
    ended_by varchar not null,
    ended_at timestamp not null,
    batch_id varchar                     -- of an approved one
);
