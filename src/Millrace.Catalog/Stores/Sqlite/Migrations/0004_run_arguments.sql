-- What a run was asked for beside its job: task, steps, full_refresh, from, to. A run of the whole job has no row.
CREATE TABLE run_arguments (
    run_id    INTEGER PRIMARY KEY REFERENCES runs (run_id),
    arguments TEXT NOT NULL CHECK (json_valid(arguments))
);
