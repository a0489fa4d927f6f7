-- A catalog of version 2 as it was left: definitions at version 2, one run that succeeded, one that failed, a lease, a mirrored checkpoint.
-- Every engine takes this text: booleans are '0' and '1', keys that the engine gives are left out.
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (1, '2026-11-20T09:00:00.000Z', 'ann');
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (2, '2026-11-21T09:00:00.123Z', 'bob');
INSERT INTO metadata.connections (name, type, definition, added_version, changed_version)
VALUES ('shop', 'mongodb', '{"type":"mongodb","uri":"${URI}","b":1,"a":2}', 1, 1);
INSERT INTO metadata.jobs (name, definition, enabled, added_version, changed_version) VALUES ('load', '{"name":"load"}', '1', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version)
VALUES ('load/orders', 'load', 'orders', 'E', 0, '1', '{"name":"orders"}', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version, removed_version)
VALUES ('load/gone', 'load', 'gone', 'E', 1, '0', '{"name":"gone"}', 1, 1, 2);
INSERT INTO metadata.definition_changes (version, sequence, change, subject, name, field, "before", "after")
VALUES (2, 1, 'changed', 'job', 'load', 'owner', NULL, 'ann');
INSERT INTO metadata.runs (job_name, status, "trigger", started_by, host, pid, started_at, ended_at)
VALUES ('load', 'succeeded', 'manual', 'ann', 'h', 1, '2026-11-21T09:00:00.001Z', '2026-11-21T09:00:01.002Z');
INSERT INTO metadata.runs (job_name, status, "trigger", started_by, host, pid, started_at, ended_at, error_code, error_message)
VALUES ('load', 'failed', 'manual', 'ann', 'h', 2, '2026-11-21T10:00:00.000Z', '2026-11-21T10:00:01.000Z', 'MR1305', 'what');
INSERT INTO metadata.task_runs (run_id, task_key, task_name, step, status, settings, started_at, ended_at, "rows", bytes, loads, read_ms, shape_ms, write_ms)
VALUES (1, 'load/orders', 'orders', 'E', 'succeeded', '{"name":"orders"}', '2026-11-21T09:00:00.001Z', '2026-11-21T09:00:01.000Z', 7, 700, 1, 1, 2, 3);
INSERT INTO metadata.task_run_tables (task_run_id, table_name, upserted, deleted) VALUES (1, 'raw.orders', 6, 1);
INSERT INTO metadata.schema_changes (task_run_id, sequence, change) VALUES (1, 1, 'raw.orders.a int64');
INSERT INTO metadata.log_headers (run_id, task_run_id, opened_at) VALUES (1, 1, '2026-11-21T09:00:00.001Z');
INSERT INTO metadata.log_lines (log_id, sequence, at, level, message, context, "rows")
VALUES (1, 1, '2026-11-21T09:00:00.500Z', 'info', 'Load committed.', '{"a":1}', 7);
INSERT INTO metadata.checkpoints (task_key, "partition", generation, load_id, "position", "rows", run_id, mirrored_at)
VALUES ('load/orders', 'log', 1, 'l1', 'mongodb.oplog/1', 7, 1, '2026-11-21T09:00:01.000Z');
INSERT INTO metadata.leases (name, token, run_id, host, machine, pid, process_start, acquired_at, expires_at, released)
VALUES ('task/load/orders', 3, 2, 'h', 'm', 2, '99', '2026-11-21T10:00:00.000Z', '2026-11-21T10:01:00.000Z', '1');
INSERT INTO metadata.lineages (sha256, script, script_sha256) VALUES ('ab', NULL, NULL);
INSERT INTO metadata.lineage_edges (lineage_id, sequence, source_connection, source_table, target_connection, target_table, kind, origin, line, uncertain)
VALUES (1, 1, 'shop', 'orders', 'lake', 'raw.orders', 'loaded', 'recorded', 0, '0');
INSERT INTO metadata.lineage_notes (lineage_id, sequence, note) VALUES (1, 1, 'nothing');
INSERT INTO metadata.task_run_lineages (task_run_id, lineage_id) VALUES (1, 1);
