-- Times are UTC text, 2026-11-21T09:00:00.000Z, so that they sort. Definitions are JSON in the words of the project file;
-- secrets appear in them as references only. Rows of definitions are never deleted: removed_version says when they went,
-- so that runs, logs and versions keep what they refer to.

CREATE TABLE definition_versions (
    version     INTEGER PRIMARY KEY,
    applied_at  TEXT NOT NULL,
    applied_by  TEXT NOT NULL,
    note        TEXT
) STRICT;

CREATE TABLE connections (
    name            TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    definition      TEXT NOT NULL CHECK (json_valid(definition)),
    added_version   INTEGER NOT NULL REFERENCES definition_versions (version),
    changed_version INTEGER NOT NULL REFERENCES definition_versions (version),
    removed_version INTEGER REFERENCES definition_versions (version)
) STRICT;

CREATE TABLE jobs (
    name            TEXT PRIMARY KEY,
    definition      TEXT NOT NULL CHECK (json_valid(definition)),
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    added_version   INTEGER NOT NULL REFERENCES definition_versions (version),
    changed_version INTEGER NOT NULL REFERENCES definition_versions (version),
    removed_version INTEGER REFERENCES definition_versions (version)
) STRICT;

CREATE TABLE tasks (
    task_key        TEXT PRIMARY KEY,
    job_name        TEXT NOT NULL REFERENCES jobs (name),
    name            TEXT NOT NULL,
    step            TEXT NOT NULL CHECK (step IN ('E', 'T', 'L')),
    position        INTEGER NOT NULL CHECK (position >= 0),
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    definition      TEXT NOT NULL CHECK (json_valid(definition)),
    added_version   INTEGER NOT NULL REFERENCES definition_versions (version),
    changed_version INTEGER NOT NULL REFERENCES definition_versions (version),
    removed_version INTEGER REFERENCES definition_versions (version)
) STRICT;

CREATE INDEX tasks_of_job ON tasks (job_name, position);

-- What each version changed, field by field: the history of definitions.
CREATE TABLE definition_changes (
    version  INTEGER NOT NULL REFERENCES definition_versions (version),
    sequence INTEGER NOT NULL,
    change   TEXT NOT NULL CHECK (change IN ('added', 'changed', 'removed')),
    subject  TEXT NOT NULL CHECK (subject IN ('connection', 'job', 'task')),
    name     TEXT NOT NULL,
    field    TEXT NOT NULL,
    before   TEXT,
    after    TEXT,
    PRIMARY KEY (version, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    run_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    job_name      TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'lost')),
    trigger       TEXT NOT NULL,
    started_by    TEXT NOT NULL,
    host          TEXT NOT NULL,
    pid           INTEGER NOT NULL,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    error_code    TEXT,
    error_message TEXT
) STRICT;

CREATE INDEX runs_of_job ON runs (job_name, run_id);
CREATE INDEX runs_under_way ON runs (run_id) WHERE status = 'running';

CREATE TABLE task_runs (
    task_run_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id           INTEGER NOT NULL REFERENCES runs (run_id),
    task_key         TEXT NOT NULL,
    task_name        TEXT NOT NULL,
    step             TEXT NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'lost')),
    settings         TEXT NOT NULL CHECK (json_valid(settings)),
    started_at       TEXT NOT NULL,
    ended_at         TEXT,
    generation       INTEGER NOT NULL DEFAULT 0,
    rows             INTEGER NOT NULL DEFAULT 0,
    bytes            INTEGER NOT NULL DEFAULT 0,
    loads            INTEGER NOT NULL DEFAULT 0,
    quarantined      INTEGER NOT NULL DEFAULT 0,
    discarded_rows   INTEGER NOT NULL DEFAULT 0,
    discarded_values INTEGER NOT NULL DEFAULT 0,
    limit_reached    TEXT,
    read_ms          INTEGER,
    shape_ms         INTEGER,
    write_ms         INTEGER,
    error_code       TEXT,
    error_message    TEXT,
    error_fix        TEXT
) STRICT;

CREATE INDEX task_runs_of_run ON task_runs (run_id);
CREATE INDEX task_runs_of_task ON task_runs (task_key, task_run_id);

CREATE TABLE task_run_tables (
    task_run_id INTEGER NOT NULL REFERENCES task_runs (task_run_id),
    table_name  TEXT NOT NULL,
    upserted    INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    PRIMARY KEY (task_run_id, table_name)
) STRICT, WITHOUT ROWID;

-- Columns that runs added, in order: the history of the targets' schemas.
CREATE TABLE schema_changes (
    task_run_id INTEGER NOT NULL REFERENCES task_runs (task_run_id),
    sequence    INTEGER NOT NULL,
    change      TEXT NOT NULL,
    PRIMARY KEY (task_run_id, sequence)
) STRICT, WITHOUT ROWID;

-- One header a run and one a task run; lines are ordered by sequence within a header.
CREATE TABLE log_headers (
    log_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id      INTEGER NOT NULL REFERENCES runs (run_id),
    task_run_id INTEGER REFERENCES task_runs (task_run_id),
    opened_at   TEXT NOT NULL
) STRICT;

CREATE INDEX log_headers_of_run ON log_headers (run_id);

CREATE TABLE log_lines (
    log_id   INTEGER NOT NULL REFERENCES log_headers (log_id),
    sequence INTEGER NOT NULL,
    at       TEXT NOT NULL,
    level    TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    message  TEXT NOT NULL,
    context  TEXT CHECK (context IS NULL OR json_valid(context)),
    rows     INTEGER,
    PRIMARY KEY (log_id, sequence)
) STRICT, WITHOUT ROWID;

-- A mirror for reading: the truth stands beside the data, in the destination's _millrace_checkpoints.
CREATE TABLE checkpoints (
    task_key    TEXT NOT NULL,
    partition   TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    load_id     TEXT NOT NULL,
    position    TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    run_id      INTEGER,
    mirrored_at TEXT NOT NULL,
    PRIMARY KEY (task_key, partition)
) STRICT, WITHOUT ROWID;

-- A released or expired lease keeps its row, so that token only ever grows: it is the fencing number of the holder.
CREATE TABLE leases (
    name          TEXT PRIMARY KEY,
    token         INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    host          TEXT NOT NULL,
    machine       TEXT NOT NULL,
    pid           INTEGER NOT NULL,
    process_start TEXT NOT NULL,
    acquired_at   TEXT NOT NULL,
    expires_at    TEXT NOT NULL,
    released      INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1))
) STRICT, WITHOUT ROWID;
