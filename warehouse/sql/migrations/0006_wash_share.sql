-- What was traded in a week, as it was counted when the week was issued. Weeks that were issued before
-- this have no rows.

-- By market, each trade once.
create table wash_shares (
    season         integer not null,
    week           integer not null,
    market         varchar not null,
    notional_usd   decimal(38, 10) not null,
    own_usd        decimal(38, 10) not null,  -- one owner or one confirmed case on both sides
    matched_usd    decimal(38, 10) not null,  -- inside rings
    round_trip_usd decimal(38, 10) not null,  -- of that, what came back
    primary key (season, week, market)
);
-- By owner, its sides. One row per owner and week, without a key: on millions of rows a key costs
-- more than the rows, and a week is issued once.
create table qualified_volumes (
    season         integer not null,
    week           integer not null,
    owner_id       varchar not null,
    notional_usd   decimal(38, 10) not null,
    round_trip_usd decimal(38, 10) not null,
    qualified_usd  decimal(38, 10) not null   -- what the measures used
);
