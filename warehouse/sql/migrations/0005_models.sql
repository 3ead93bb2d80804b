-- The season's models: which there are and who let which of them rule, what each said of the clusters
-- of every detection, and which clusters were strange enough to be a lead.

alter table detections add column model varchar;          -- that ruled; null without one
alter table detections add column model_refusal varchar;  -- why one that should have ruled did not
-- How a case came: graph, model, novelty, by_hand. Cases from before this do not say.
alter table cases add column routes varchar[];

-- What was known of the clusters of a detection as it was made: a Parquet file each, in the home.
create table trait_files (
    run_id   varchar primary key,
    path     varchar not null,          -- from the folder of the home
    sha256   varchar not null,
    clusters bigint not null
);
-- One row a model. It is a recipe, training rows and settings, in a folder of the home.
create table models (
    model_id        varchar primary key,
    trained_at      timestamp not null,
    fingerprint     varchar not null unique,  -- of rows, settings and what they predict
    recipe_sha256   varchar not null,         -- of the file that holds the digests of the others
    features_sha256 varchar not null,         -- of their names, in order
    features        integer not null,
    first_run       varchar not null,         -- of the detections that it was trained on
    last_run        varchar not null,
    training_rows   bigint not null,
    summary         varchar not null          -- canonical JSON: labels by tier, metrics, versions
);
-- Append-only. The last move of a model is its state; at most one rules.
create table model_moves (
    model_id varchar not null,
    seq      integer not null,
    state    varchar not null check (state in ('shadow', 'ruling', 'retired')),
    moved_by varchar not null,
    moved_at timestamp not null,
    reason   varchar not null,
    primary key (model_id, seq)
);
-- Append-only. What each model that was not retired said of the clusters of a detection.
create table model_probabilities (
    run_id      varchar not null,
    model_id    varchar not null,
    cluster_id  varchar not null,
    probability double not null,
    ruled       boolean not null
);
-- Append-only. A cluster, or an owner outside of clusters, that is strange and came before nobody; it
-- holds nothing of anybody.
create table leads (
    lead_id     varchar primary key,
    run_id      varchar not null,
    kind        varchar not null check (kind in ('cluster', 'owner')),
    subject     varchar not null,        -- the cluster, or the owner
    owners      varchar[] not null,
    strangeness double not null,
    said        varchar[] not null       -- what makes it strange, in words
);
create table lead_moves (
    lead_id  varchar not null,
    seq      integer not null,
    state    varchar not null check (state in ('waiting', 'dismissed', 'opened')),
    moved_by varchar not null,
    moved_at timestamp not null,
    reason   varchar not null,
    case_id  varchar,                    -- that was opened from it
    primary key (lead_id, seq)
);
-- Cases that a person opened: from what was found by which detection, and from which lead.
create table opened_by_hand (
    case_id varchar primary key,
    run_id  varchar not null,
    lead_id varchar
);
