SELECT t.name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = N'dbo' AND t.name IN (N'_millrace_checkpoints', N'_millrace_tables', N'_millrace_columns', N'_millrace_quarantine', N'_millrace_tombstones', N'_millrace_check_failures', N'_millrace_steps', N'_millrace_layout')
GO
DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = N'millrace system tables dbo', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1;
SELECT @answer
GO
SELECT 1 FROM sys.schemas WHERE name = N'dbo'
GO
DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = N'millrace schema dbo', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1;
SELECT @answer
GO
SELECT 1 FROM sys.schemas WHERE name = N'dbo'
GO
CREATE SCHEMA "dbo"
GO
SELECT t.name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = N'dbo' AND t.name IN (N'_millrace_checkpoints', N'_millrace_tables', N'_millrace_columns', N'_millrace_quarantine', N'_millrace_tombstones', N'_millrace_check_failures', N'_millrace_steps', N'_millrace_layout')
GO
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_layout') IS NULL CREATE TABLE "dbo"."_millrace_layout" (
version integer NOT NULL);
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_tables') IS NULL CREATE TABLE "dbo"."_millrace_tables" (
  table_schema nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, table_name nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, is_managed bit NOT NULL, key_columns nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL,
  key_index nvarchar(max) COLLATE DATABASE_DEFAULT, disposition nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, strategy nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, delete_mode nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL,
  change_capture bit NOT NULL, generation integer NOT NULL, last_generation integer, last_position nvarchar(4000) COLLATE Latin1_General_100_BIN2,
  PRIMARY KEY NONCLUSTERED (table_schema, table_name));
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_columns') IS NULL CREATE TABLE "dbo"."_millrace_columns" (
  table_schema nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, table_name nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, column_name nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, source_path nvarchar(max) COLLATE DATABASE_DEFAULT,
  logical_type nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, source_type nvarchar(max) COLLATE DATABASE_DEFAULT, is_wide bit NOT NULL,
  PRIMARY KEY NONCLUSTERED (table_schema, table_name, column_name));
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_checkpoints') IS NULL CREATE TABLE "dbo"."_millrace_checkpoints" (
  task_key nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, "partition" nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, generation integer NOT NULL, load_id nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL,
  "position" nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, "rows" bigint NOT NULL, committed_at datetimeoffset(6) NOT NULL,
  PRIMARY KEY NONCLUSTERED (task_key, "partition"));
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_tombstones') IS NULL CREATE TABLE "dbo"."_millrace_tombstones" (
  table_schema nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, table_name nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, key_text nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, generation integer NOT NULL,
  "position" nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL, PRIMARY KEY NONCLUSTERED (table_schema, table_name, key_text));
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_quarantine') IS NULL CREATE TABLE "dbo"."_millrace_quarantine" (
  id bigint IDENTITY(1, 1) PRIMARY KEY, task_key nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, run_id bigint NOT NULL,
  table_schema nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, table_name nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, "position" nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, code nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL,
  reason nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, raw nvarchar(max) COLLATE DATABASE_DEFAULT, quarantined_at datetimeoffset(6) NOT NULL, generation integer);
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_check_failures') IS NULL CREATE TABLE "dbo"."_millrace_check_failures" (
  task_key nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, run_id bigint NOT NULL, table_schema nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, table_name nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL,
  check_name nvarchar(max) COLLATE DATABASE_DEFAULT NOT NULL, failing_rows bigint NOT NULL, sample nvarchar(max) COLLATE DATABASE_DEFAULT, failed_at datetimeoffset(6) NOT NULL);
IF (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'dbo' AND o.name = N'_millrace_steps') IS NULL CREATE TABLE "dbo"."_millrace_steps" (
  task_key nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL, run_id bigint NOT NULL, run_started_at datetimeoffset(6) NOT NULL, task_run_id bigint NOT NULL,
  statements integer NOT NULL, "rows" bigint NOT NULL, started_at datetimeoffset(6) NOT NULL, completed_at datetimeoffset(6) NOT NULL,
  PRIMARY KEY NONCLUSTERED (task_key, run_id, run_started_at));
GO
DELETE FROM "dbo"."_millrace_layout"; INSERT INTO "dbo"."_millrace_layout" (version) VALUES (3)
GO
SELECT DISTINCT task_key
FROM "dbo"."_millrace_checkpoints"
WHERE lower("partition") IN (lower(N'#table:Sh.op/or"ders]'))
ORDER BY task_key
GO
DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = N'millrace table Sh.op.or"ders]', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1;
SELECT @answer
GO
SELECT c.name,
  CONCAT(CASE WHEN t.is_user_defined = 1 AND c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) ELSE t.name END, '(', c.precision, ',', c.scale, ')'),
  CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR c.system_type_id = 189 THEN 1 ELSE 0 END,
  CASE WHEN TYPE_NAME(c.system_type_id) IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') AND c.max_length > 0 THEN c.max_length ELSE 0 END
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
WHERE c.object_id = (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'Sh.op' AND o.name = N'or"ders]')
ORDER BY c.column_id
GO
SELECT c.name,
  CONCAT(CASE WHEN t.is_user_defined = 1 AND c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) ELSE t.name END, '(', c.precision, ',', c.scale, ')'),
  CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR c.system_type_id = 189 THEN 1 ELSE 0 END,
  CASE WHEN TYPE_NAME(c.system_type_id) IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') AND c.max_length > 0 THEN c.max_length ELSE 0 END
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
WHERE c.object_id = (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'Sh.op' AND o.name = N'or"ders]')
ORDER BY c.column_id
GO
SELECT 1 FROM sys.schemas WHERE name = N'Sh.op'
GO
DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = N'millrace schema Sh.op', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1;
SELECT @answer
GO
SELECT 1 FROM sys.schemas WHERE name = N'Sh.op'
GO
CREATE SCHEMA "Sh.op"
GO
DELETE FROM "dbo"."_millrace_columns" WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]';
DELETE FROM "dbo"."_millrace_tables" WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]';
CREATE TABLE "Sh.op"."or""ders]" (
  "_id" nvarchar(450) COLLATE Latin1_General_100_BIN2,
  "a" bigint,
  "b" nvarchar(max) COLLATE DATABASE_DEFAULT,
  "_millrace_run_id" bigint,
  "_millrace_loaded_at" datetimeoffset(6),
  "_millrace_position" nvarchar(4000) COLLATE Latin1_General_100_BIN2,
  "_millrace_generation" int,
  "_millrace_deleted_at" datetimeoffset(6))
GO
UPDATE t
SET is_managed = n.is_managed, key_columns = n.key_columns, key_index = n.key_index, disposition = n.disposition, strategy = n.strategy, delete_mode = n.delete_mode, change_capture = n.change_capture, generation = n.generation
FROM "dbo"."_millrace_tables" AS t WITH (UPDLOCK, HOLDLOCK), (
SELECT table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position
FROM (VALUES
  (N'Sh.op', N'or"ders]', 1, N'["_id"]', NULL, N'Merge', N'DeleteInsert', N'Soft', 1, 2, 0, N'')) AS given (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)) AS n
WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name;
INSERT INTO "dbo"."_millrace_tables" (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)
SELECT n.table_schema, n.table_name, n.is_managed, n.key_columns, n.key_index, n.disposition, n.strategy, n.delete_mode, n.change_capture, n.generation, n.last_generation, n.last_position
FROM (
SELECT table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position
FROM (VALUES
  (N'Sh.op', N'or"ders]', 1, N'["_id"]', NULL, N'Merge', N'DeleteInsert', N'Soft', 1, 2, 0, N'')) AS given (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)) AS n
WHERE NOT EXISTS (SELECT 1 FROM "dbo"."_millrace_tables" AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name)
GO
UPDATE t
SET source_path = n.source_path, logical_type = n.logical_type, source_type = n.source_type
FROM "dbo"."_millrace_columns" AS t WITH (UPDLOCK, HOLDLOCK), (
SELECT table_schema, table_name, column_name, source_path, logical_type, source_type, is_wide
FROM (VALUES
  (N'Sh.op', N'or"ders]', N'_id', N'_id', N'text', N'string', 0),
  (N'Sh.op', N'or"ders]', N'a', N'a', N'int64', NULL, 0),
  (N'Sh.op', N'or"ders]', N'b', N'b', N'text', NULL, 0)) AS given (table_schema, table_name, column_name, source_path, logical_type, source_type, is_wide)) AS n
WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name AND t.column_name = n.column_name;
INSERT INTO "dbo"."_millrace_columns" (table_schema, table_name, column_name, source_path, logical_type, source_type, is_wide)
SELECT n.table_schema, n.table_name, n.column_name, n.source_path, n.logical_type, n.source_type, n.is_wide
FROM (
SELECT table_schema, table_name, column_name, source_path, logical_type, source_type, is_wide
FROM (VALUES
  (N'Sh.op', N'or"ders]', N'_id', N'_id', N'text', N'string', 0),
  (N'Sh.op', N'or"ders]', N'a', N'a', N'int64', NULL, 0),
  (N'Sh.op', N'or"ders]', N'b', N'b', N'text', NULL, 0)) AS given (table_schema, table_name, column_name, source_path, logical_type, source_type, is_wide)) AS n
WHERE NOT EXISTS (SELECT 1 FROM "dbo"."_millrace_columns" AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name AND t.column_name = n.column_name)
GO
SELECT c.name,
  CONCAT(CASE WHEN t.is_user_defined = 1 AND c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) ELSE t.name END, '(', c.precision, ',', c.scale, ')'),
  CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR c.system_type_id = 189 THEN 1 ELSE 0 END,
  CASE WHEN TYPE_NAME(c.system_type_id) IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') AND c.max_length > 0 THEN c.max_length ELSE 0 END
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
WHERE c.object_id = (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'Sh.op' AND o.name = N'or"ders]')
ORDER BY c.column_id
GO
SELECT t.name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = N'dbo' AND t.name IN (N'_millrace_checkpoints', N'_millrace_tables', N'_millrace_columns', N'_millrace_quarantine', N'_millrace_tombstones', N'_millrace_check_failures', N'_millrace_steps', N'_millrace_layout')
GO
SELECT max(version) FROM "dbo"."_millrace_layout"
GO
SELECT column_name, logical_type, source_path, source_type, is_wide
FROM "dbo"."_millrace_columns"
WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]'
GO
SELECT is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation
FROM "dbo"."_millrace_tables"
WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]'
GO
SELECT c.name,
  CONCAT(CASE WHEN t.is_user_defined = 1 AND c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) ELSE t.name END, '(', c.precision, ',', c.scale, ')'),
  CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR c.system_type_id = 189 THEN 1 ELSE 0 END,
  CASE WHEN TYPE_NAME(c.system_type_id) IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') AND c.max_length > 0 THEN c.max_length ELSE 0 END
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
WHERE c.object_id = (SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = N'Sh.op' AND o.name = N'or"ders]')
ORDER BY c.column_id
GO
SELECT column_name, logical_type, source_path, source_type, is_wide
FROM "dbo"."_millrace_columns"
WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]'
GO
SELECT is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation
FROM "dbo"."_millrace_tables"
WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]'
GO
SELECT
  CAST(NULL AS bigint) AS _millrace_seq,
  CAST(NULL AS smallint) AS _millrace_op,
  CAST(NULL AS bit) AS _millrace_repeat,
  t."_millrace_position" AS "_millrace_position",
  CAST(NULL AS datetimeoffset(6)) AS _millrace_time,
  t."_id", t."a", t."b"
INTO "#_millrace_stage_1"
FROM (SELECT 1 AS one) AS nothing
LEFT JOIN "Sh.op"."or""ders]" AS t ON 1 = 0
WHERE 1 = 0
GO
ALTER TABLE "#_millrace_stage_1" ADD _millrace_unset_0 bit NULL
GO
DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = N'millrace task job/task', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1;
SELECT @answer
GO
SELECT task_key, "partition", generation, load_id, "position", "rows"
FROM "dbo"."_millrace_checkpoints" AS c WITH (UPDLOCK, HOLDLOCK)
WHERE task_key = N'job/task'
ORDER BY "partition"
GO
SELECT last_generation, last_position FROM "dbo"."_millrace_tables" WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]' AND last_generation IS NOT NULL
GO
DELETE s
FROM "#_millrace_stage_1" AS s, "Sh.op"."or""ders]" AS t
WHERE t."_id" = s."_id" AND t."_millrace_run_id" > 7
GO
SELECT TOP (1) 1
FROM "dbo"."_millrace_tombstones" WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]'
GO
DELETE s
FROM "#_millrace_stage_1" AS s, "dbo"."_millrace_tombstones" AS b
WHERE b.table_schema = N'Sh.op' AND b.table_name = N'or"ders]' AND b.key_text = CAST(s."_id" AS nvarchar(max)) COLLATE Latin1_General_100_BIN2
  AND (b.generation > 2 OR (b.generation = 2 AND b."position" >= s."_millrace_position"))
GO
DELETE s
FROM "#_millrace_stage_1" AS s, "Sh.op"."or""ders]" AS t
WHERE t."_id" = s."_id"
  AND (t."_millrace_generation" > 2
    OR (t."_millrace_generation" = 2 AND t."_millrace_position" >= s."_millrace_position"))
GO
UPDATE s
SET "a" = f."a",
  "b" = f."b",
  _millrace_op = CASE WHEN s._millrace_op = 2 AND f._millrace_is_known = 1 THEN 4 ELSE s._millrace_op END
FROM "#_millrace_stage_1" AS s, (
  SELECT r._millrace_seq,
    CASE WHEN r._millrace_set_1 = 0 THEN t."a" ELSE first_value(r."a") OVER (PARTITION BY r."_id", r._millrace_set_1 ORDER BY coalesce(r."_millrace_position", ''), r._millrace_seq) END AS "a",
    CASE WHEN r._millrace_set = 0 THEN t."b" ELSE first_value(r."b") OVER (PARTITION BY r."_id", r._millrace_set ORDER BY coalesce(r."_millrace_position", ''), r._millrace_seq) END AS "b",
    CAST(CASE WHEN (r._millrace_seen > 0 OR t."_id" IS NOT NULL) THEN 1 ELSE 0 END AS bit) AS _millrace_is_known
  FROM (
    SELECT s.*,
      count(CASE WHEN NOT (s._millrace_op = 2 OR coalesce(s._millrace_unset_0, 0) = 1) THEN 1 END) OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", ''), _millrace_seq) AS _millrace_set_1,
      count(CASE WHEN NOT (s._millrace_op = 2) THEN 1 END) OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", ''), _millrace_seq) AS _millrace_set,
      count(CASE WHEN s._millrace_op <> 2 THEN 1 END) OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", ''), _millrace_seq) AS _millrace_seen
    FROM "#_millrace_stage_1" AS s
    WHERE EXISTS (SELECT 1 FROM (SELECT "_id" FROM "#_millrace_stage_1" WHERE _millrace_op = 3 UNION SELECT "_id" FROM "#_millrace_stage_1" AS d WHERE _millrace_op = 2 AND EXISTS (SELECT 1 FROM (SELECT "_id" FROM "#_millrace_stage_1" WHERE _millrace_repeat = 1) AS among WHERE among."_id" = d."_id")) AS among WHERE among."_id" = s."_id")) AS r
  LEFT JOIN "Sh.op"."or""ders]" AS t
    ON t."_id" = r."_id") AS f
WHERE s._millrace_seq = f._millrace_seq AND s._millrace_op IN (2, 3)
GO
DELETE FROM "#_millrace_stage_1"
WHERE _millrace_seq IN (
  SELECT _millrace_seq
  FROM (
    SELECT _millrace_seq, row_number() OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", '') DESC, _millrace_seq DESC) AS n
    FROM "#_millrace_stage_1" AS s WHERE EXISTS (SELECT 1 FROM (SELECT "_id" FROM "#_millrace_stage_1" WHERE _millrace_repeat = 1) AS among WHERE among."_id" = s."_id")) AS ranked
  WHERE n > 1)
GO
DELETE t
FROM "Sh.op"."or""ders]" AS t WITH (UPDLOCK, HOLDLOCK), "#_millrace_stage_1" AS s
WHERE t."_id" = s."_id" AND s._millrace_op IN (0, 1, 3, 4)
GO
INSERT INTO "Sh.op"."or""ders]" (
  "_id", "a", "b", "_millrace_run_id", "_millrace_loaded_at", "_millrace_position", "_millrace_generation", "_millrace_deleted_at")
SELECT
  s."_id", s."a", s."b", 7, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)), s."_millrace_position", 2, CASE WHEN s._millrace_op IN (2, 4) THEN coalesce(s._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))) END
FROM "#_millrace_stage_1" AS s
WHERE s._millrace_op IN (4)
GO
UPDATE t
SET "_millrace_run_id" = 7,
  "_millrace_loaded_at" = CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)),
  "_millrace_position" = s."_millrace_position",
  "_millrace_generation" = 2,
  "_millrace_deleted_at" = CASE WHEN s._millrace_op IN (2, 4) THEN coalesce(s._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))) END
FROM "Sh.op"."or""ders]" AS t WITH (UPDLOCK, HOLDLOCK), "#_millrace_stage_1" AS s
WHERE t."_id" = s."_id" AND s._millrace_op = 2
  AND (t."_millrace_generation" IS NULL OR t."_millrace_position" IS NULL OR s."_millrace_position" IS NULL
  OR t."_millrace_generation" < 2
  OR (t."_millrace_generation" = 2 AND t."_millrace_position" < s."_millrace_position"))
GO
INSERT INTO "Sh.op"."or""ders]" (
  "_id", "a", "b", "_millrace_run_id", "_millrace_loaded_at", "_millrace_position", "_millrace_generation", "_millrace_deleted_at")
SELECT
  s."_id", s."a", s."b", 7, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)), s."_millrace_position", 2, CASE WHEN s._millrace_op IN (2, 4) THEN coalesce(s._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))) END
FROM "#_millrace_stage_1" AS s
WHERE s._millrace_op IN (0, 1, 3)
GO
UPDATE "Sh.op"."or""ders]"
SET "_millrace_deleted_at" = CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)), "_millrace_run_id" = 7, "_millrace_loaded_at" = CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))
WHERE "_millrace_deleted_at" IS NULL AND "_millrace_generation" < 2
GO
DELETE FROM "dbo"."_millrace_tombstones" WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]' AND generation < 2
GO
UPDATE "dbo"."_millrace_tables"
SET last_generation = 2, last_position = N'log/000003'
WHERE table_schema = N'Sh.op' AND table_name = N'or"ders]' AND last_generation IS NOT NULL
  AND (last_generation < 2
    OR (last_generation = 2 AND last_position < N'log/000003'))
GO
UPDATE t
SET generation = n.generation, load_id = n.load_id, "position" = n."position", "rows" = n."rows", committed_at = n.committed_at
FROM "dbo"."_millrace_checkpoints" AS t WITH (UPDLOCK, HOLDLOCK), (
SELECT task_key, "partition", generation, load_id, "position", "rows", committed_at
FROM (VALUES
  (N'job/task', N'log', 2, N'a3d108fd6c5c62d1dc6e93645255192e', N'log/1', 1, CAST('2026-01-02T03:04:06.000000+00:00' AS datetimeoffset(6)))) AS given (task_key, "partition", generation, load_id, "position", "rows", committed_at)) AS n
WHERE t.task_key = n.task_key AND t."partition" = n."partition";
INSERT INTO "dbo"."_millrace_checkpoints" (task_key, "partition", generation, load_id, "position", "rows", committed_at)
SELECT n.task_key, n."partition", n.generation, n.load_id, n."position", n."rows", n.committed_at
FROM (
SELECT task_key, "partition", generation, load_id, "position", "rows", committed_at
FROM (VALUES
  (N'job/task', N'log', 2, N'a3d108fd6c5c62d1dc6e93645255192e', N'log/1', 1, CAST('2026-01-02T03:04:06.000000+00:00' AS datetimeoffset(6)))) AS given (task_key, "partition", generation, load_id, "position", "rows", committed_at)) AS n
WHERE NOT EXISTS (SELECT 1 FROM "dbo"."_millrace_checkpoints" AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.task_key = n.task_key AND t."partition" = n."partition")
GO
SELECT task_key, "partition", generation, load_id, "position", "rows"
FROM "dbo"."_millrace_checkpoints"
WHERE task_key = N'job/task'
ORDER BY "partition"
GO
DROP TABLE IF EXISTS "#_millrace_stage_1"
