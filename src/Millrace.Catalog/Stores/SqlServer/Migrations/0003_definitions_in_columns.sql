-- Definitions in columns of their own, to be edited by SQL as well as by apply. What has a column or a table stands nowhere else; settings (JSON) is
-- the rest. added_version and changed_version are NULL in a row that was made by SQL. Former rows are carried over by the program, in the transaction
-- that applies this file.

DROP TABLE metadata.tasks;
DROP TABLE metadata.jobs;
DROP TABLE metadata.connections;

-- A system that data comes from or goes to. Its connections are all of its type.
CREATE TABLE metadata.data_sources (
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    type            nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    added_version   bigint REFERENCES metadata.definition_versions (version),
    changed_version bigint REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

CREATE TABLE metadata.connections (
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    data_source     nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.data_sources (name),
    added_version   bigint REFERENCES metadata.definition_versions (version),
    changed_version bigint REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

-- A setting by its path: uri, paging.size, brokers[0]; x[] and x{} are an empty list and map, without a value. Secrets are references.
CREATE TABLE metadata.connection_settings (
    connection_name nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.connections (name) ON DELETE CASCADE,
    setting         nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value           nvarchar(max),
    value_type      varchar(20) NOT NULL DEFAULT 'text' CHECK (value_type IN ('text', 'number', 'boolean')),
    PRIMARY KEY NONCLUSTERED (connection_name, setting)
);

CREATE TABLE metadata.jobs (
    name            nvarchar(128) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    enabled         bit NOT NULL DEFAULT 1,
    description     nvarchar(max),
    owner           nvarchar(max),
    schedule        nvarchar(max),
    sla             nvarchar(max),
    parallelism     int NOT NULL DEFAULT 1 CHECK (parallelism BETWEEN 1 AND 64),
    added_version   bigint REFERENCES metadata.definition_versions (version),
    changed_version bigint REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

-- Jobs that start when one has succeeded (on_success), in order.
CREATE TABLE metadata.job_successors (
    job_name   nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.jobs (name) ON DELETE CASCADE,
    [position] int NOT NULL CHECK ([position] >= 0),
    next_job   nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.jobs (name),
    PRIMARY KEY (job_name, [position]),
    CONSTRAINT job_starts_another CHECK (next_job <> job_name)
);

-- The text that runs now, and every text that it had. since_version is NULL where the text was changed by SQL and found by the apply that followed.
CREATE TABLE metadata.scripts (
    path            nvarchar(400) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    [text]          nvarchar(max) NOT NULL,
    version         int NOT NULL,
    added_version   bigint REFERENCES metadata.definition_versions (version),
    changed_version bigint REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

CREATE TABLE metadata.script_versions (
    path          nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.scripts (path) ON DELETE CASCADE,
    version       int NOT NULL,
    [text]        nvarchar(max) NOT NULL,
    sha256        nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since_version bigint REFERENCES metadata.definition_versions (version),
    PRIMARY KEY NONCLUSTERED (path, version)
);

-- Stored procedures that tasks call; their text stands in their database.
CREATE TABLE metadata.procedures (
    name            nvarchar(400) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    added_version   bigint REFERENCES metadata.definition_versions (version),
    changed_version bigint REFERENCES metadata.definition_versions (version),
    removed_version bigint REFERENCES metadata.definition_versions (version)
);

-- position is the task's place in its job; run_order is order: of the project file.
CREATE TABLE metadata.tasks (
    task_key           nvarchar(260) COLLATE Latin1_General_100_BIN2 PRIMARY KEY,
    job_name           nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.jobs (name),
    name               nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
    step               varchar(20) NOT NULL CHECK (step IN ('E', 'T', 'L')),
    [position]         int NOT NULL CHECK ([position] >= 0),
    enabled            bit NOT NULL DEFAULT 1,
    run_order          int CHECK (run_order >= 0),
    description        nvarchar(max),
    owner              nvarchar(max),
    source_connection  nvarchar(128) COLLATE Latin1_General_100_BIN2 REFERENCES metadata.connections (name),
    replication_method varchar(20) CHECK (replication_method IN ('full_refresh', 'incremental', 'change_capture')),
    cursor_field       nvarchar(max),
    filter             nvarchar(max),
    target_connection  nvarchar(128) COLLATE Latin1_General_100_BIN2 REFERENCES metadata.connections (name),
    target_table       nvarchar(max),
    write_disposition  varchar(20) CHECK (write_disposition IN ('append', 'replace', 'merge')),
    merge_strategy     varchar(20) CHECK (merge_strategy IN ('upsert', 'delete_insert', 'scd2', 'insert_only')),
    delete_mode        varchar(20) CHECK (delete_mode IN ('hard', 'soft', 'ignore')),
    sql_connection     nvarchar(128) COLLATE Latin1_General_100_BIN2 REFERENCES metadata.connections (name),
    script_path        nvarchar(400) COLLATE Latin1_General_100_BIN2 REFERENCES metadata.scripts (path),
    procedure_name     nvarchar(400) COLLATE Latin1_General_100_BIN2 REFERENCES metadata.procedures (name),
    sql_text           nvarchar(max),
    run_max_rows       bigint CHECK (run_max_rows >= 1),
    run_max_bytes      bigint CHECK (run_max_bytes >= 1),
    run_max_duration   nvarchar(max),
    settings           nvarchar(max) NOT NULL DEFAULT '{}' CHECK (isjson(settings) = 1 AND left(ltrim(settings), 1) = '{'),
    added_version      bigint REFERENCES metadata.definition_versions (version),
    changed_version    bigint REFERENCES metadata.definition_versions (version),
    removed_version    bigint REFERENCES metadata.definition_versions (version),
    CONSTRAINT task_moves_or_runs_sql CHECK (
        (step = 'E' AND source_connection IS NOT NULL AND replication_method IS NOT NULL AND target_connection IS NOT NULL
            AND target_table IS NOT NULL AND write_disposition IS NOT NULL AND delete_mode IS NOT NULL
            AND sql_connection IS NULL AND script_path IS NULL AND procedure_name IS NULL AND sql_text IS NULL)
        OR (step <> 'E' AND sql_connection IS NOT NULL AND source_connection IS NULL AND target_connection IS NULL
            AND replication_method IS NULL AND write_disposition IS NULL)),
    CONSTRAINT task_has_one_script_procedure_or_sql CHECK (step = 'E'
        OR (script_path IS NOT NULL AND procedure_name IS NULL AND sql_text IS NULL)
        OR (script_path IS NULL AND procedure_name IS NOT NULL AND sql_text IS NULL)
        OR (script_path IS NULL AND procedure_name IS NULL AND sql_text IS NOT NULL)),
    CONSTRAINT task_cursor_is_for_incremental CHECK (
        (replication_method = 'incremental' AND cursor_field IS NOT NULL) OR (replication_method <> 'incremental' AND cursor_field IS NULL)
        OR (replication_method IS NULL AND cursor_field IS NULL)),
    CONSTRAINT task_strategy_is_for_merge CHECK (merge_strategy IS NULL OR write_disposition = 'merge')
);

CREATE INDEX tasks_of_job ON metadata.tasks (job_name, [position]);
CREATE UNIQUE INDEX task_name_in_job ON metadata.tasks (job_name, name) WHERE removed_version IS NULL;
CREATE UNIQUE INDEX task_order_in_step ON metadata.tasks (job_name, step, run_order) WHERE run_order IS NOT NULL AND removed_version IS NULL;

-- What a task of step E reads, names or patterns, and what its patterns leave out.
CREATE TABLE metadata.datasets (
    task_key   nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.tasks (task_key) ON DELETE CASCADE,
    [position] int NOT NULL CHECK ([position] >= 0),
    name       nvarchar(max) NOT NULL,
    excluded   bit NOT NULL DEFAULT 0,
    PRIMARY KEY (task_key, excluded, [position])
);

CREATE TABLE metadata.column_mappings (
    task_key      nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.tasks (task_key) ON DELETE CASCADE,
    [position]    int NOT NULL CHECK ([position] >= 0),
    source_path   nvarchar(max),
    target_column nvarchar(max),
    cast_to       nvarchar(max),
    constant      nvarchar(max),
    dropped       bit NOT NULL DEFAULT 0,
    mask          varchar(20) NOT NULL DEFAULT 'none' CHECK (mask IN ('none', 'hmac_sha256', 'redact')),
    mask_key      nvarchar(max),
    PRIMARY KEY (task_key, [position]),
    CONSTRAINT mapping_has_a_source CHECK (source_path IS NOT NULL OR constant IS NOT NULL),
    CONSTRAINT constant_stands_alone CHECK (constant IS NULL OR (source_path IS NULL AND target_column IS NOT NULL AND mask = 'none'))
);

-- Tasks of the job, by name, that end before this one starts (depends_on).
CREATE TABLE metadata.task_dependencies (
    task_key   nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.tasks (task_key) ON DELETE CASCADE,
    [position] int NOT NULL CHECK ([position] >= 0),
    needs      nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (task_key, [position])
);

-- Parameters of a SQL step; value is NULL for SQL's NULL. Secrets are references.
CREATE TABLE metadata.task_parameters (
    task_key   nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES metadata.tasks (task_key) ON DELETE CASCADE,
    [position] int NOT NULL CHECK ([position] >= 0),
    name       nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value      nvarchar(max),
    value_type varchar(20) NOT NULL DEFAULT 'text' CHECK (value_type IN ('text', 'number', 'boolean', 'date')),
    PRIMARY KEY (task_key, [position]),
    CONSTRAINT parameter_name_in_task UNIQUE (task_key, name)
);
GO
-- What kind of job it is, by its enabled tasks: steps E, TL, ETL or non-ETL (none), reading full, incremental or mixed.
CREATE VIEW metadata.job_overview AS
SELECT j.name AS job_name, j.enabled,
       CASE WHEN s.extracts > 0 AND s.extracts < s.tasks THEN 'ETL' WHEN s.extracts > 0 THEN 'E' WHEN s.tasks > 0 THEN 'TL' ELSE 'non-ETL' END AS steps,
       CASE WHEN s.extracts > 0 AND s.full_reads = s.extracts THEN 'full' WHEN s.extracts > 0 AND s.full_reads = 0 THEN 'incremental'
            WHEN s.extracts > 0 THEN 'mixed' END AS reading,
       coalesce(s.tasks, 0) AS enabled_tasks, j.parallelism, j.schedule, j.owner, j.sla
FROM metadata.jobs j
LEFT JOIN (
    SELECT t.job_name, count(*) AS tasks,
           sum(CASE WHEN t.step = 'E' THEN 1 ELSE 0 END) AS extracts,
           sum(CASE WHEN t.replication_method = 'full_refresh' THEN 1 ELSE 0 END) AS full_reads
    FROM metadata.tasks t
    WHERE t.removed_version IS NULL AND t.enabled = 1
    GROUP BY t.job_name
) s ON s.job_name = j.name
WHERE j.removed_version IS NULL;
GO
-- The datasets of tasks, how each is read, and how far: the mirrored checkpoints, NULL before the first run.
CREATE VIEW metadata.watermarks AS
SELECT t.source_connection AS connection_name, d.name AS dataset, t.replication_method, t.cursor_field, t.task_key, t.job_name, t.name AS task_name,
       t.target_table, c.[partition], c.generation, c.[position] AS watermark, c.[rows], c.mirrored_at
FROM metadata.tasks t
JOIN metadata.datasets d ON d.task_key = t.task_key AND d.excluded = 0
LEFT JOIN metadata.checkpoints c ON c.task_key = t.task_key AND c.[partition] NOT LIKE '#%'
WHERE t.removed_version IS NULL;
GO
CREATE VIEW metadata.connection_uses AS
SELECT c.name AS connection_name, c.data_source, s.type, u.used_as, u.task_key, u.job_name
FROM metadata.connections c
JOIN metadata.data_sources s ON s.name = c.data_source
LEFT JOIN (
    SELECT t.source_connection AS connection_name, 'source' AS used_as, t.task_key, t.job_name FROM metadata.tasks t WHERE t.removed_version IS NULL
    UNION ALL
    SELECT t.target_connection, 'target', t.task_key, t.job_name FROM metadata.tasks t WHERE t.removed_version IS NULL
    UNION ALL
    SELECT t.sql_connection, 'sql', t.task_key, t.job_name FROM metadata.tasks t WHERE t.removed_version IS NULL
) u ON u.connection_name = c.name
WHERE c.removed_version IS NULL;
GO
CREATE VIEW metadata.script_uses AS
SELECT s.path AS script_path, s.version, t.task_key, t.job_name, t.step, t.enabled, t.sql_connection
FROM metadata.scripts s
LEFT JOIN metadata.tasks t ON t.script_path = s.path AND t.removed_version IS NULL
WHERE s.removed_version IS NULL;
GO
CREATE VIEW metadata.procedure_uses AS
SELECT p.name AS procedure_name, t.task_key, t.job_name, t.step, t.enabled, t.sql_connection
FROM metadata.procedures p
LEFT JOIN metadata.tasks t ON t.procedure_name = p.name AND t.removed_version IS NULL
WHERE p.removed_version IS NULL;
GO
-- Jobs that would start themselves again, over at most 12 others: a recursive query here tells no pair that it has seen.
CREATE VIEW metadata.job_circles AS
WITH reached (start_job, job_name, distance) AS (
    SELECT s.job_name, s.next_job, 1
    FROM metadata.job_successors s
    JOIN metadata.jobs j ON j.name = s.job_name AND j.removed_version IS NULL
    UNION ALL
    SELECT r.start_job, s.next_job, r.distance + 1
    FROM reached r
    JOIN metadata.job_successors s ON s.job_name = r.job_name
    JOIN metadata.jobs j ON j.name = s.job_name AND j.removed_version IS NULL
    WHERE r.job_name <> r.start_job AND r.distance < 12
)
SELECT DISTINCT r.start_job AS job_name FROM reached r WHERE r.job_name = r.start_job;
GO
-- What no constraint can say. A run from the catalog tells what of this keeps it from running, and what else is wrong.
CREATE VIEW metadata.definition_problems AS
SELECT 'task uses a removed connection' AS problem, 'task' AS subject, u.task_key AS name, u.connection_name AS refers_to
FROM (
    SELECT t.task_key, t.source_connection AS connection_name FROM metadata.tasks t WHERE t.removed_version IS NULL
    UNION
    SELECT t.task_key, t.target_connection FROM metadata.tasks t WHERE t.removed_version IS NULL
    UNION
    SELECT t.task_key, t.sql_connection FROM metadata.tasks t WHERE t.removed_version IS NULL
) u
JOIN metadata.connections c ON c.name = u.connection_name AND c.removed_version IS NOT NULL
UNION ALL
SELECT 'task of a removed job', 'task', t.task_key, t.job_name
FROM metadata.tasks t
JOIN metadata.jobs j ON j.name = t.job_name AND j.removed_version IS NOT NULL
WHERE t.removed_version IS NULL
UNION ALL
SELECT 'enabled task in a job that is off', 'task', t.task_key, t.job_name
FROM metadata.tasks t
JOIN metadata.jobs j ON j.name = t.job_name AND j.removed_version IS NULL AND j.enabled = 0
WHERE t.removed_version IS NULL AND t.enabled = 1
UNION ALL
SELECT 'task without a dataset', 'task', t.task_key, t.source_connection
FROM metadata.tasks t
WHERE t.removed_version IS NULL AND t.step = 'E'
    AND NOT EXISTS (SELECT 1 FROM metadata.datasets d WHERE d.task_key = t.task_key AND d.excluded = 0)
UNION ALL
SELECT 'task waits for one that its job has not', 'task', t.task_key, n.needs
FROM metadata.task_dependencies n
JOIN metadata.tasks t ON t.task_key = n.task_key AND t.removed_version IS NULL
WHERE NOT EXISTS (SELECT 1 FROM metadata.tasks o WHERE o.job_name = t.job_name AND o.name = n.needs AND o.removed_version IS NULL)
UNION ALL
SELECT 'task uses a removed script', 'task', t.task_key, s.path
FROM metadata.tasks t
JOIN metadata.scripts s ON s.path = t.script_path AND s.removed_version IS NOT NULL
WHERE t.removed_version IS NULL
UNION ALL
SELECT 'job starts a removed job', 'job', s.job_name, s.next_job
FROM metadata.job_successors s
JOIN metadata.jobs j ON j.name = s.job_name AND j.removed_version IS NULL
JOIN metadata.jobs n ON n.name = s.next_job AND n.removed_version IS NOT NULL
UNION ALL
SELECT 'jobs start each other in a circle', 'job', o.job_name, NULL
FROM metadata.job_circles o
UNION ALL
SELECT 'script that no task uses', 'script', s.path, NULL
FROM metadata.scripts s
WHERE s.removed_version IS NULL AND NOT EXISTS (SELECT 1 FROM metadata.tasks t WHERE t.script_path = s.path AND t.removed_version IS NULL)
UNION ALL
SELECT 'script whose text was changed by SQL', 'script', s.path, NULL
FROM metadata.scripts s
LEFT JOIN metadata.script_versions v ON v.path = s.path AND v.version = s.version
WHERE s.removed_version IS NULL AND (v.[text] IS NULL OR v.[text] <> s.[text] COLLATE Latin1_General_100_BIN2)
UNION ALL
SELECT 'procedure that no task calls', 'procedure', p.name, NULL
FROM metadata.procedures p
WHERE p.removed_version IS NULL AND NOT EXISTS (SELECT 1 FROM metadata.tasks t WHERE t.procedure_name = p.name AND t.removed_version IS NULL)
UNION ALL
SELECT 'connection of a removed data source', 'connection', c.name, c.data_source
FROM metadata.connections c
JOIN metadata.data_sources d ON d.name = c.data_source AND d.removed_version IS NOT NULL
WHERE c.removed_version IS NULL;
