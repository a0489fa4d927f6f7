-- What a run was asked for beside its job: task, steps, full_refresh, from, to. A run of the whole job has no row.
CREATE TABLE metadata.run_arguments (
    run_id    bigint PRIMARY KEY REFERENCES metadata.runs (run_id),
    arguments json NOT NULL
);
