-- The warehouse: registry of event files, books, formulas, ledger and log, detection, cases, runs.
-- Instants are UTC timestamps. Amounts are micropoints in BIGINT. Tables are small, so keys are cheap.

create table migrations (name varchar primary key, applied_at timestamp not null);

-- Events ------------------------------------------------------------------------------------------

-- One row per source file that was ever offered. outcome: taken, or refused with a reason.
create table source_files (
    source_sha256 varchar primary key,
    file_name     varchar not null,
    kind          varchar,
    bytes         bigint not null,
    outcome       varchar not null check (outcome in ('taken', 'refused')),
    reason        varchar,
    accepted      bigint not null,
    duplicate     bigint not null,
    late          bigint not null,
    quarantined   bigint not null,
    digits_cut    bigint not null,
    ingested_at   timestamp not null
);

-- One row per registered Parquet file; what is not registered does not exist.
create table event_files (
    path          varchar primary key,
    kind          varchar not null,
    day           date not null,
    "rows"        bigint not null,
    busts         bigint not null,
    late          bigint not null,
    first_ts      timestamp not null,
    last_ts       timestamp not null,
    sha256        varchar not null,
    source_sha256 varchar not null,
    stored_at     timestamp not null
);

-- One row per source row that broke a rule. Its text lies in home/private/quarantine/ alone.
create table quarantine (
    source_sha256  varchar not null,
    file_name      varchar not null,
    kind           varchar not null,
    line           bigint not null,
    "column"       varchar,
    reason         varchar not null,
    quarantined_at timestamp not null
);

-- One row per (day, kind) that the feed declared complete.
create table manifests (
    day         date not null,
    kind        varchar not null,
    files       integer not null,
    "rows"      bigint not null,
    declared_at timestamp not null,
    primary key (day, kind)
);

-- Books -------------------------------------------------------------------------------------------

create table closes (
    season          integer not null,
    week            integer not null,
    window_start    timestamp not null,
    window_end      timestamp not null,
    closed_at       timestamp not null,
    accepted_missing varchar,          -- the operator's reason, where the books closed over a gap
    missing         varchar[] not null,
    season_terms    varchar not null,  -- canonical JSON of the season's terms in force
    primary key (season, week)
);
create table close_files (
    season integer not null,
    week   integer not null,
    path   varchar not null,
    sha256 varchar not null,
    primary key (season, week, path)
);
-- Owners with activity in a week that earned nothing because a rule excludes them.
create table exclusions (
    season   integer not null,
    week     integer not null,
    owner_id varchar not null,
    reason   varchar not null,
    primary key (season, week, owner_id)
);

-- Formulas ----------------------------------------------------------------------------------------

create table commitments (
    season     integer not null,
    week       integer not null,
    commitment varchar not null,
    sealed_at  timestamp not null,     -- from the real clock, always
    late       boolean not null,       -- sealed after its window had opened
    drawn      boolean not null,       -- drawn from a declared family rather than written by hand
    path       varchar not null,       -- of the ciphertext, relative to the home
    leaf_index bigint not null,
    primary key (season, week)
);
create table reveals (
    season      integer not null,
    week        integer not null,
    revealed_at timestamp not null,
    leaf_index  bigint not null,
    primary key (season, week)
);

-- Ledger and log ----------------------------------------------------------------------------------

create table log_leaves (
    leaf_index  bigint primary key,
    body        varchar not null,      -- canonical JSON (RFC 8785), hashed as an RFC 6962 leaf
    leaf_hash   blob not null,
    appended_at timestamp not null
);
create table checkpoints (
    tree_size bigint primary key,
    root      blob not null,
    note      varchar not null,        -- signed text in the C2SP note format
    signed_at timestamp not null
);
create table batches (
    batch_id       varchar primary key,
    season         integer not null,
    week           integer not null,
    kind           varchar not null,
    key            varchar not null,
    created_at     timestamp not null,
    entries        integer not null,
    entries_sha256 varchar not null,
    leaf_index     bigint not null unique,
    unique (season, week, kind, key)
);
create table entries (
    batch_id    varchar not null,
    line        integer not null,
    account     varchar not null,      -- emission:S1W05, owner:<id>, held:<id>, escrow, reserve, budget:<drop>
    micropoints bigint not null,       -- positive: into the account; a batch adds up to zero
    reason      varchar not null,
    subject     varchar                -- the owner whose cases decide what becomes of a held entry
);
-- The owners in open or confirmed cases as the batch was written: an input of its replay.
create table batch_blocked_owners (
    batch_id varchar not null,
    owner_id varchar not null,
    case_id  varchar not null,
    state    varchar not null
);

-- Detection and cases -----------------------------------------------------------------------------

create table detections (
    run_id       varchar primary key,
    as_of        timestamp not null,
    started_at   timestamp not null,
    accounts     bigint not null,
    edges        bigint not null,
    clusters     bigint not null,
    cases_opened bigint not null,
    terms        varchar not null      -- canonical JSON of the costs, caps and thresholds used
);
-- Evidence of the newest detection: one row per pair of owners and shared value.
create table evidence_edges (
    account_a       varchar not null,
    account_b       varchar not null,
    family          varchar not null,
    signal          varchar not null,
    value_hash      varchar not null,
    holders         integer not null,
    weight_millibits bigint not null,
    two_sided       boolean not null,
    first_seen      timestamp,
    last_seen       timestamp,
    sightings       bigint not null,
    owner_a         varchar not null,  -- of account_a; owner_a < owner_b
    owner_b         varchar not null
);
-- Clusters of the newest detection.
create table clusters (
    cluster_id       varchar primary key,
    accounts         integer not null,
    owners           integer not null,
    families         varchar[] not null,
    score            double not null,
    first_found_at   timestamp not null
);
create table cluster_members (
    cluster_id varchar not null,
    account_id varchar not null,
    owner_id   varchar not null,
    strength_millibits bigint not null
);
-- Values held by more accounts than the cap: cut, never silently.
create table hubs (
    family     varchar not null,
    signal     varchar not null,
    value_hash varchar not null,
    holders    integer not null
);

create table cases (
    case_id    varchar primary key,
    cluster_id varchar not null,
    state      varchar not null,
    score      double not null,
    opened_at  timestamp not null,
    opened_by  varchar not null        -- the run that opened it
);
create table case_members (
    case_id    varchar not null,
    account_id varchar not null,
    owner_id   varchar not null,
    added_at   timestamp not null,
    primary key (case_id, account_id, owner_id)  -- an account may pass to another owner
);
-- What a case rests on, as it was seen when it was opened or gained something.
create table case_evidence (
    case_id         varchar not null,
    seen_at         timestamp not null,
    account_a       varchar not null,
    account_b       varchar not null,
    family          varchar not null,
    signal          varchar not null,
    value_hash      varchar not null,
    holders         integer not null,
    weight_millibits bigint not null,
    two_sided       boolean not null,
    first_seen      timestamp,
    last_seen       timestamp,
    sightings       bigint not null,
    owner_a         varchar not null,  -- of account_a; owner_a < owner_b
    owner_b         varchar not null
);
-- Append-only: every move of a case, by whom, when and why.
create table case_moves (
    case_id   varchar not null,
    seq       integer not null,
    move      varchar not null,
    state     varchar not null,        -- the state after the move
    moved_by  varchar not null,
    moved_at  timestamp not null,
    reason    varchar not null,
    evidence_sha256 varchar not null,
    primary key (case_id, seq)
);

-- Runs --------------------------------------------------------------------------------------------

-- One row per (job, period). A claim is one conditional write and lapses at claimed_until.
create table runs (
    job           varchar not null,
    period        varchar not null,
    state         varchar not null check (state in ('claimed', 'done', 'failed')),
    claimed_by    varchar not null,
    claimed_at    timestamp not null,
    claimed_until timestamp not null,
    attempts      integer not null,
    finished_at   timestamp,
    outcome       varchar,
    primary key (job, period)
);
create table publications (
    edition      integer primary key,
    path         varchar not null,
    published_at timestamp not null
);
