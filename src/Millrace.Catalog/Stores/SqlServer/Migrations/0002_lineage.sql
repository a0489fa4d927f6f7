-- What task runs read and wrote. Runs that did the same share one lineage, known by the SHA-256 of its content.

CREATE TABLE metadata.lineages (
    lineage_id    bigint IDENTITY(1, 1) PRIMARY KEY,
    sha256        nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
    script        nvarchar(max),
    script_sha256 nvarchar(64)
);

CREATE TABLE metadata.lineage_edges (
    lineage_id        bigint NOT NULL REFERENCES metadata.lineages (lineage_id),
    sequence          int NOT NULL,
    source_connection nvarchar(128) COLLATE Latin1_General_100_BIN2,
    source_table      nvarchar(max) COLLATE Latin1_General_100_BIN2,
    source_column     nvarchar(max) COLLATE Latin1_General_100_BIN2,
    target_connection nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    target_table      nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    target_column     nvarchar(max) COLLATE Latin1_General_100_BIN2,
    kind              varchar(20) NOT NULL,
    origin            varchar(20) NOT NULL CHECK (origin IN ('settings', 'recorded', 'parsed', 'declared')),
    line              int NOT NULL,
    uncertain         bit NOT NULL,
    PRIMARY KEY (lineage_id, sequence)
);

CREATE INDEX lineage_edges_into ON metadata.lineage_edges (target_connection, target_table);

-- What could not be told.
CREATE TABLE metadata.lineage_notes (
    lineage_id bigint NOT NULL REFERENCES metadata.lineages (lineage_id),
    sequence   int NOT NULL,
    note       nvarchar(max) NOT NULL,
    PRIMARY KEY (lineage_id, sequence)
);

CREATE TABLE metadata.task_run_lineages (
    task_run_id bigint PRIMARY KEY REFERENCES metadata.task_runs (task_run_id),
    lineage_id  bigint NOT NULL REFERENCES metadata.lineages (lineage_id)
);

CREATE INDEX task_run_lineages_of ON metadata.task_run_lineages (lineage_id);
