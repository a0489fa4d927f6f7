-- A catalog of version 4 as it was left: as version 3, and what the failed run was asked for. Every engine takes this text.
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (1, '2026-11-20T09:00:00.000Z', 'ann');
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (2, '2026-11-21T09:00:00.123Z', 'bob');
INSERT INTO metadata.data_sources (name, type, added_version, changed_version) VALUES ('shop', 'mongodb', 1, 1);
INSERT INTO metadata.data_sources (name, type, added_version, changed_version) VALUES ('lake', 'sqlserver', 1, 1);
INSERT INTO metadata.data_sources (name, type, added_version, changed_version, removed_version) VALUES ('attic', 'duckdb', 1, 1, 2);
INSERT INTO metadata.connections (name, data_source, added_version, changed_version) VALUES ('shop', 'shop', 1, 1);
INSERT INTO metadata.connections (name, data_source, added_version, changed_version) VALUES ('lake', 'lake', 1, 1);
INSERT INTO metadata.connections (name, data_source, added_version, changed_version, removed_version) VALUES ('attic', 'attic', 1, 1, 2);
INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('shop', 'uri', '${URI}');
INSERT INTO metadata.connection_settings (connection_name, setting, value, value_type) VALUES ('shop', 'b', '1', 'number');
INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('shop', 'a', '2');
INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('shop', 'hosts[0]', 'x');
INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('shop', 'hosts[1]', 'y');
INSERT INTO metadata.connection_settings (connection_name, setting, value, value_type) VALUES ('shop', 'tls.on', 'true', 'boolean');
INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('shop', 'tls.ca', 'file:ca.pem');
INSERT INTO metadata.jobs (name, description, owner, schedule, parallelism, added_version, changed_version)
VALUES ('load', 'what it is for', 'ann', '0 9 * * *', 2, 1, 2);
INSERT INTO metadata.jobs (name, enabled, added_version, changed_version) VALUES ('after', '0', 1, 2);
INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('load', 0, 'after');
INSERT INTO metadata.scripts (path, "text", version, added_version, changed_version) VALUES ('sql/conform.sql', 'SELECT ''1'';
SELECT 2', 2, 1, 2);
INSERT INTO metadata.script_versions (path, version, "text", sha256, since_version) VALUES ('sql/conform.sql', 1, 'SELECT 0', '3adec4a4a21edef159da73579fdc4799efff9e8ce2a5ab2b7df70627e5d509bc', 1);
INSERT INTO metadata.script_versions (path, version, "text", sha256, since_version) VALUES ('sql/conform.sql', 2, 'SELECT ''1'';
SELECT 2', '9d4d0037cc448a55f6d5889e8b1bc1e6c5378fed35be4ce461fb8dd2d04d6abd', 2);
INSERT INTO metadata.procedures (name, added_version, changed_version) VALUES ('dbo.publish', 1, 1);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, owner, source_connection, replication_method, target_connection, target_table,
    write_disposition, merge_strategy, delete_mode, run_max_bytes, run_max_duration, settings, added_version, changed_version)
VALUES ('load/orders', 'load', 'orders', 'E', 0, '1', 'ann', 'shop', 'change_capture', 'lake', 'raw.{dataset}', 'merge', 'upsert', 'soft', 50000000, '1h',
    '{"source":{"on_drop":"ignore","on_history_lost":"fail","max_time":null},"target":{"on_target_vanished":"fail"},"commit_every":{"bytes":1000000000,"seconds":120},"schema_contract":{"tables":"evolve","columns":"evolve","types":"evolve"},"nested":"json","max_columns":500,"max_quarantine":1000,"max_bytes_in_flight":67108864,"checks":[{"not_null":["_id"]}],"prices":{"per_gb":0.50,"per_run":null,"per_hour":null,"currency":"USD"}}', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, run_order, sql_connection, script_path, settings, added_version, changed_version)
VALUES ('load/conform', 'load', 'conform', 'T', 1, '0', 3, 'lake', 'sql/conform.sql', '{"run":{"timeout":"30m"}}', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, procedure_name, added_version, changed_version)
VALUES ('load/publish', 'load', 'publish', 'L', 2, 'lake', 'dbo.publish', 1, 1);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, script_path, added_version, changed_version, removed_version)
VALUES ('load/gone', 'load', 'gone', 'T', 3, 'attic', 'sql/conform.sql', 1, 1, 2);
INSERT INTO metadata.datasets (task_key, position, name) VALUES ('load/orders', 0, 'orders');
INSERT INTO metadata.datasets (task_key, position, name) VALUES ('load/orders', 1, 'o*');
INSERT INTO metadata.datasets (task_key, position, name, excluded) VALUES ('load/orders', 0, 'old', '1');
INSERT INTO metadata.column_mappings (task_key, position, source_path, target_column, mask, mask_key)
VALUES ('load/orders', 0, 'customer.email', 'email', 'hmac_sha256', '${MASK_KEY}');
INSERT INTO metadata.column_mappings (task_key, position, source_path, dropped) VALUES ('load/orders', 1, 'secret', '1');
INSERT INTO metadata.column_mappings (task_key, position, target_column, constant) VALUES ('load/orders', 2, 'currency', 'EUR');
INSERT INTO metadata.task_dependencies (task_key, position, needs) VALUES ('load/conform', 0, 'orders');
INSERT INTO metadata.task_parameters (task_key, position, name, value) VALUES ('load/conform', 0, 'region', 'north');
INSERT INTO metadata.task_parameters (task_key, position, name, value, value_type) VALUES ('load/conform', 1, 'days', '30', 'number');
INSERT INTO metadata.task_parameters (task_key, position, name, value, value_type) VALUES ('load/conform', 2, 'since', '2020-01-01', 'date');
INSERT INTO metadata.task_parameters (task_key, position, name, value, value_type) VALUES ('load/conform', 3, 'ratio', '1.10', 'number');
INSERT INTO metadata.task_parameters (task_key, position, name, value, value_type) VALUES ('load/conform', 4, 'all', 'true', 'boolean');
INSERT INTO metadata.task_parameters (task_key, position, name) VALUES ('load/conform', 5, 'none');
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
INSERT INTO metadata.run_arguments (run_id, arguments) VALUES (2, '{"task":"orders","full_refresh":true}');
