-- The schema is written metadata; another one is put in its place where the setting says so. Text that is compared or sorted is in a binary collation,
-- so that names differ by case as in the other stores. Times carry their offset, +00:00, to the millisecond. Definitions are JSON in the words of the
-- project file; secrets appear in them as references only. Rows of definitions are never deleted: removed_version says when they went, so that runs,
-- logs and versions keep what they refer to.

CREATE TABLE metadata.definition_versions (
    version     bigint PRIMARY KEY,
    applied_at  datetimeoffset(3) NOT NULL,
    applied_by  nvarchar(max) NOT NULL,
    note        nvarchar(max)
);

CREATE TABLE metadata.connections (
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    type            nvarchar(max) NOT NULL,
    definition      nvarchar(max) NOT NULL CHECK (isjson(definition) = 1),
    added_version   bigint NOT NULL REFERENCES metadata.definition_versions (version),
    changed_version bigint NOT NULL REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

CREATE TABLE metadata.jobs (
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    definition      nvarchar(max) NOT NULL CHECK (isjson(definition) = 1),
    enabled         bit NOT NULL,
    added_version   bigint NOT NULL REFERENCES metadata.definition_versions (version),
    changed_version bigint NOT NULL REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

CREATE TABLE metadata.tasks (
    task_key        nvarchar(260) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    job_name        nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.jobs (name),
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    step            varchar(20) NOT NULL CHECK (step IN ('E', 'T', 'L')),
    [position]      int NOT NULL CHECK ([position] >= 0),
    enabled         bit NOT NULL,
    definition      nvarchar(max) NOT NULL CHECK (isjson(definition) = 1),
    added_version   bigint NOT NULL REFERENCES metadata.definition_versions (version),
    changed_version bigint NOT NULL REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

CREATE INDEX tasks_of_job ON metadata.tasks (job_name, [position]);

-- What each version changed, field by field: the history of definitions.
CREATE TABLE metadata.definition_changes (
    version  bigint NOT NULL REFERENCES metadata.definition_versions (version),
    sequence int NOT NULL,
    change   varchar(20) NOT NULL CHECK (change IN ('added', 'changed', 'removed')),
    subject  varchar(20) NOT NULL CHECK (subject IN ('connection', 'job', 'task')),
    name     nvarchar(max) NOT NULL,
    field    nvarchar(max) NOT NULL,
    [before] nvarchar(max),
    [after]  nvarchar(max),
    PRIMARY KEY (version, sequence)
);

CREATE TABLE metadata.runs (
    run_id        bigint IDENTITY(1, 1) PRIMARY KEY,
    job_name      nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    status        varchar(20) NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'lost')),
    [trigger]     nvarchar(max) NOT NULL,
    started_by    nvarchar(max) NOT NULL,
    host          nvarchar(max) NOT NULL,
    pid           int NOT NULL,
    started_at    datetimeoffset(3) NOT NULL,
    ended_at      datetimeoffset(3),
    error_code    varchar(20),
    error_message nvarchar(max)
);

CREATE INDEX runs_of_job ON metadata.runs (job_name, run_id);
CREATE INDEX runs_under_way ON metadata.runs (run_id) WHERE status = 'running';

CREATE TABLE metadata.task_runs (
    task_run_id      bigint IDENTITY(1, 1) PRIMARY KEY,
    run_id           bigint NOT NULL REFERENCES metadata.runs (run_id),
    task_key         nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
    task_name        nvarchar(max) NOT NULL,
    step             varchar(20) NOT NULL,
    status           varchar(20) NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'lost')),
    settings         nvarchar(max) NOT NULL CHECK (isjson(settings) = 1),
    started_at       datetimeoffset(3) NOT NULL,
    ended_at         datetimeoffset(3),
    generation       int NOT NULL DEFAULT 0,
    [rows]           bigint NOT NULL DEFAULT 0,
    bytes            bigint NOT NULL DEFAULT 0,
    loads            int NOT NULL DEFAULT 0,
    quarantined      bigint NOT NULL DEFAULT 0,
    discarded_rows   bigint NOT NULL DEFAULT 0,
    discarded_values bigint NOT NULL DEFAULT 0,
    limit_reached    nvarchar(max),
    read_ms          bigint,
    shape_ms         bigint,
    write_ms         bigint,
    error_code       varchar(20),
    error_message    nvarchar(max),
    error_fix        nvarchar(max)
);

CREATE INDEX task_runs_of_run ON metadata.task_runs (run_id);
CREATE INDEX task_runs_of_task ON metadata.task_runs (task_key, task_run_id);

CREATE TABLE metadata.task_run_tables (
    task_run_id bigint NOT NULL REFERENCES metadata.task_runs (task_run_id),
    table_name  nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    upserted    bigint NOT NULL,
    deleted     bigint NOT NULL,
    PRIMARY KEY (task_run_id, table_name)
);

-- Columns that runs added, in order: the history of the targets' schemas.
CREATE TABLE metadata.schema_changes (
    task_run_id bigint NOT NULL REFERENCES metadata.task_runs (task_run_id),
    sequence    int NOT NULL,
    change      nvarchar(max) NOT NULL,
    PRIMARY KEY (task_run_id, sequence)
);

-- One header a run and one a task run; lines are ordered by sequence within a header.
CREATE TABLE metadata.log_headers (
    log_id      bigint IDENTITY(1, 1) PRIMARY KEY,
    run_id      bigint NOT NULL REFERENCES metadata.runs (run_id),
    task_run_id bigint REFERENCES metadata.task_runs (task_run_id),
    opened_at   datetimeoffset(3) NOT NULL
);

CREATE INDEX log_headers_of_run ON metadata.log_headers (run_id);

CREATE TABLE metadata.log_lines (
    log_id   bigint NOT NULL REFERENCES metadata.log_headers (log_id),
    sequence bigint NOT NULL,
    [at]     datetimeoffset(3) NOT NULL,
    [level]  varchar(20) NOT NULL CHECK ([level] IN ('info', 'warning', 'error')),
    message  nvarchar(max) NOT NULL,
    context  nvarchar(max) CHECK (isjson(context) = 1),
    [rows]   bigint,
    PRIMARY KEY (log_id, sequence)
);

-- A mirror for reading: the truth stands beside the data, in the destination's _millrace_checkpoints.
CREATE TABLE metadata.checkpoints (
    task_key    nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [partition] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    generation  int NOT NULL,
    load_id     nvarchar(max) NOT NULL,
    [position]  nvarchar(max) NOT NULL,
    [rows]      bigint NOT NULL,
    run_id      bigint,
    mirrored_at datetimeoffset(3) NOT NULL,
    PRIMARY KEY NONCLUSTERED (task_key, [partition])
);

-- A released or expired lease keeps its row, so that token only ever grows: it is the fencing number of the holder.
CREATE TABLE metadata.leases (
    name          nvarchar(300) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    token         bigint NOT NULL,
    run_id        bigint NOT NULL,
    host          nvarchar(max) NOT NULL,
    machine       nvarchar(max) NOT NULL,
    pid           int NOT NULL,
    process_start nvarchar(max) NOT NULL,
    acquired_at   datetimeoffset(3) NOT NULL,
    expires_at    datetimeoffset(3) NOT NULL,
    released      bit NOT NULL DEFAULT 0
);
