-- What task runs read and wrote. Runs that did the same share one lineage, known by the SHA-256 of its content.

CREATE TABLE lineages (
    lineage_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256        TEXT NOT NULL UNIQUE,
    script        TEXT,
    script_sha256 TEXT
) STRICT;

CREATE TABLE lineage_edges (
    lineage_id        INTEGER NOT NULL REFERENCES lineages (lineage_id),
    sequence          INTEGER NOT NULL,
    source_connection TEXT,
    source_table      TEXT,
    source_column     TEXT,
    target_connection TEXT NOT NULL,
    target_table      TEXT NOT NULL,
    target_column     TEXT,
    kind              TEXT NOT NULL,
    origin            TEXT NOT NULL CHECK (origin IN ('settings', 'recorded', 'parsed', 'declared')),
    line              INTEGER NOT NULL,
    uncertain         INTEGER NOT NULL CHECK (uncertain IN (0, 1)),
    PRIMARY KEY (lineage_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX lineage_edges_into ON lineage_edges (target_connection, target_table);

-- What could not be told.
CREATE TABLE lineage_notes (
    lineage_id INTEGER NOT NULL REFERENCES lineages (lineage_id),
    sequence   INTEGER NOT NULL,
    note       TEXT NOT NULL,
    PRIMARY KEY (lineage_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_run_lineages (
    task_run_id INTEGER PRIMARY KEY REFERENCES task_runs (task_run_id),
    lineage_id  INTEGER NOT NULL REFERENCES lineages (lineage_id)
) STRICT;

CREATE INDEX task_run_lineages_of ON task_run_lineages (lineage_id);
