-- A catalog of version 1 as it was left: definitions at version 2, one run that succeeded, one that failed, a lease, a mirrored checkpoint.
-- What is gone used a connection that is gone, and a script whose text was another.
-- Every engine takes this text: booleans are '0' and '1', keys that the engine gives are left out.
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (1, '2026-11-20T09:00:00.000Z', 'ann');
INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (2, '2026-11-21T09:00:00.123Z', 'bob');
INSERT INTO metadata.connections (name, type, definition, added_version, changed_version)
VALUES ('shop', 'mongodb', '{"type":"mongodb","uri":"${URI}","b":1,"a":"2","hosts":["x","y"],"tls":{"on":true,"ca":"file:ca.pem"}}', 1, 1);
INSERT INTO metadata.connections (name, type, definition, added_version, changed_version) VALUES ('lake', 'sqlserver', '{"type":"sqlserver"}', 1, 1);
INSERT INTO metadata.connections (name, type, definition, added_version, changed_version, removed_version) VALUES ('attic', 'duckdb', '{"type":"duckdb"}', 1, 1, 2);
INSERT INTO metadata.jobs (name, definition, enabled, added_version, changed_version)
VALUES ('load', '{"enabled":true,"parallelism":2,"description":"what it is for","owner":"ann","schedule":"0 9 * * *","on_success":["after"]}', '1', 1, 2);
INSERT INTO metadata.jobs (name, definition, enabled, added_version, changed_version) VALUES ('after', '{"enabled":true}', '0', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version)
VALUES ('load/orders', 'load', 'orders', 'E', 0, '1', '{"job":"load","name":"orders","step":"E","order":0,"enabled":true,"owner":"ann","source":{"connection":"shop","dataset":["orders","o*"],"replication_method":"change_capture","on_drop":"ignore","on_history_lost":"fail","exclude":["old"],"max_time":null},"target":{"connection":"lake","table":"raw.{dataset}","write_disposition":"merge","merge_strategy":"upsert","delete_mode":"soft","on_target_vanished":"fail"},"limits":{"run_max_bytes":50000000,"run_max_duration":"1h"},"commit_every":{"bytes":1000000000,"seconds":"2m"},"schema_contract":{"tables":"evolve","columns":"evolve","types":"evolve"},"nested":"json","max_columns":500,"max_quarantine":1000,"max_bytes_in_flight":67108864,"columns":[{"from":"customer.email","to":"email","mask":"hmac_sha256","mask_key":"${MASK_KEY}"},{"from":"secret","drop":true},{"to":"currency","constant":"EUR"}],"checks":[{"not_null":["_id"]}],"prices":{"per_gb":0.50,"per_run":null,"per_hour":null,"currency":"USD"}}', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version)
VALUES ('load/conform', 'load', 'conform', 'T', 1, '0', '{"job":"load","name":"conform","step":"T","order":1,"enabled":false,"run_order":3,"depends_on":["orders"],"run":{"connection":"lake","script":"sql/conform.sql","sql":"SELECT ''1'';\nSELECT 2","parameters":{"region":"north","days":30,"since":"2020-01-01","ratio":1.10,"all":true,"none":null},"timeout":"30m"}}', 1, 2);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version)
VALUES ('load/publish', 'load', 'publish', 'L', 2, '1', '{"job":"load","name":"publish","step":"L","order":2,"enabled":true,"run":{"connection":"lake","procedure":"dbo.publish"}}', 1, 1);
INSERT INTO metadata.tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version, removed_version)
VALUES ('load/gone', 'load', 'gone', 'T', 3, '1', '{"job":"load","name":"gone","step":"T","order":3,"enabled":true,"run":{"connection":"attic","script":"sql/conform.sql","sql":"SELECT 0"}}', 1, 1, 2);
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
