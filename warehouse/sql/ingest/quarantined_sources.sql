-- One row per source that was taken; only its private quarantine file is kept.
select source_sha256 from source_files where outcome = 'taken'
