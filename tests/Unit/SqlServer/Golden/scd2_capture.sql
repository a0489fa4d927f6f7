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
  "_millrace_deleted_at" datetimeoffset(6),
  "_millrace_valid_from" datetimeoffset(6),
  "_millrace_valid_to" datetimeoffset(6),
  "_millrace_is_current" bit)
GO
UPDATE t
SET is_managed = n.is_managed, key_columns = n.key_columns, key_index = n.key_index, disposition = n.disposition, strategy = n.strategy, delete_mode = n.delete_mode, change_capture = n.change_capture, generation = n.generation
FROM "dbo"."_millrace_tables" AS t WITH (UPDLOCK, HOLDLOCK), (
SELECT table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position
FROM (VALUES
  (N'Sh.op', N'or"ders]', 1, N'["_id"]', NULL, N'Merge', N'Scd2', N'Soft', 1, 2, 0, N'')) AS given (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)) AS n
WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name;
INSERT INTO "dbo"."_millrace_tables" (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)
SELECT n.table_schema, n.table_name, n.is_managed, n.key_columns, n.key_index, n.disposition, n.strategy, n.delete_mode, n.change_capture, n.generation, n.last_generation, n.last_position
FROM (
SELECT table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position
FROM (VALUES
  (N'Sh.op', N'or"ders]', 1, N'["_id"]', NULL, N'Merge', N'Scd2', N'Soft', 1, 2, 0, N'')) AS given (table_schema, table_name, is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation, last_generation, last_position)) AS n
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
DELETE FROM "#_millrace_stage_1"
WHERE _millrace_seq IN (
  SELECT _millrace_seq
  FROM (
    SELECT _millrace_seq, row_number() OVER (PARTITION BY "_id", "_millrace_position" ORDER BY _millrace_seq DESC) AS n
    FROM "#_millrace_stage_1"
    WHERE "_millrace_position" IS NOT NULL) AS ranked
  WHERE n > 1)
GO
UPDATE s
SET "a" = f."a",
  _millrace_op = CASE WHEN s._millrace_op = 2 AND f._millrace_is_known = 1 THEN 2 ELSE s._millrace_op END
FROM "#_millrace_stage_1" AS s, (
  SELECT r._millrace_seq,
    CASE WHEN r._millrace_set_1 = 0 THEN t."a" ELSE first_value(r."a") OVER (PARTITION BY r."_id", r._millrace_set_1 ORDER BY coalesce(r."_millrace_position", ''), r._millrace_seq) END AS "a",
    CAST(CASE WHEN (r._millrace_seen > 0 OR t."_id" IS NOT NULL) THEN 1 ELSE 0 END AS bit) AS _millrace_is_known
  FROM (
    SELECT s.*,
      count(CASE WHEN NOT coalesce(s._millrace_unset_0, 0) = 1 THEN 1 END) OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", ''), _millrace_seq) AS _millrace_set_1,
      count(CASE WHEN s._millrace_op <> 2 THEN 1 END) OVER (PARTITION BY "_id" ORDER BY coalesce("_millrace_position", ''), _millrace_seq) AS _millrace_seen
    FROM "#_millrace_stage_1" AS s
    WHERE EXISTS (SELECT 1 FROM (SELECT "_id" FROM "#_millrace_stage_1" WHERE _millrace_op IN (2, 3)) AS among WHERE among."_id" = s."_id")) AS r
  LEFT JOIN "Sh.op"."or""ders]" AS t
    ON t."_id" = r."_id" AND t."_millrace_is_current" = 1) AS f
WHERE s._millrace_seq = f._millrace_seq AND s._millrace_op IN (2, 3)
GO
SELECT o.*,
  lead(o._millrace_opens_at) OVER (PARTITION BY o."_id" ORDER BY coalesce(o."_millrace_position", ''), o._millrace_seq) AS _millrace_closes_at,
  lead(o._millrace_op) OVER (PARTITION BY o."_id" ORDER BY coalesce(o."_millrace_position", ''), o._millrace_seq) AS _millrace_next_op,
  row_number() OVER (PARTITION BY o."_id" ORDER BY coalesce(o."_millrace_position", ''), o._millrace_seq) AS _millrace_number
INTO "#_millrace_stage_1_versions"
FROM (
  SELECT c.*,
    CASE WHEN max(coalesce(c._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)))) OVER (PARTITION BY c."_id" ORDER BY coalesce(c."_millrace_position", ''), c._millrace_seq ROWS UNBOUNDED PRECEDING) > coalesce(f._millrace_until, c._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))) THEN max(coalesce(c._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)))) OVER (PARTITION BY c."_id" ORDER BY coalesce(c."_millrace_position", ''), c._millrace_seq ROWS UNBOUNDED PRECEDING) ELSE coalesce(f._millrace_until, c._millrace_time, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6))) END AS _millrace_opens_at
  FROM (
    SELECT s.*,
  CASE
    WHEN s._millrace_op = 2 AND p._millrace_op IS NULL THEN CAST(CASE WHEN t."_id" IS NOT NULL THEN 1 ELSE 0 END AS bit)
    WHEN s._millrace_op = 2 THEN CAST(CASE WHEN p._millrace_op <> 2 THEN 1 ELSE 0 END AS bit)
    WHEN p._millrace_op IS NULL THEN CAST(CASE WHEN NOT (t."_id" IS NOT NULL) OR NOT EXISTS (SELECT CAST(t."_id" AS varbinary(max)), t."a", CAST(t."b" AS varbinary(max)) INTERSECT SELECT CAST(s."_id" AS varbinary(max)), s."a", CAST(s."b" AS varbinary(max))) THEN 1 ELSE 0 END AS bit)
    WHEN p._millrace_op = 2 THEN 1
    ELSE CAST(CASE WHEN NOT EXISTS (SELECT CAST(p."_id" AS varbinary(max)), p."a", CAST(p."b" AS varbinary(max)) INTERSECT SELECT CAST(s."_id" AS varbinary(max)), s."a", CAST(s."b" AS varbinary(max))) THEN 1 ELSE 0 END AS bit)
  END AS _millrace_is_change
FROM (SELECT n.*, row_number() OVER (PARTITION BY n."_id" ORDER BY coalesce(n."_millrace_position", ''), n._millrace_seq) AS _millrace_nth FROM "#_millrace_stage_1" AS n) AS s
LEFT JOIN (SELECT n.*, row_number() OVER (PARTITION BY n."_id" ORDER BY coalesce(n."_millrace_position", ''), n._millrace_seq) AS _millrace_nth FROM "#_millrace_stage_1" AS n) AS p ON p."_id" = s."_id" AND p._millrace_nth = s._millrace_nth - 1
LEFT JOIN "Sh.op"."or""ders]" AS t ON t."_id" = s."_id" AND t."_millrace_is_current" = 1) AS c
  LEFT JOIN (
    SELECT "_id", max(CASE WHEN "_millrace_valid_from" > coalesce("_millrace_valid_to", "_millrace_valid_from") THEN "_millrace_valid_from" ELSE coalesce("_millrace_valid_to", "_millrace_valid_from") END) AS _millrace_until
    FROM "Sh.op"."or""ders]" AS t
    WHERE EXISTS (SELECT 1 FROM (SELECT "_id" FROM "#_millrace_stage_1") AS among WHERE among."_id" = t."_id")
    GROUP BY "_id") AS f ON f."_id" = c."_id"
  WHERE c._millrace_is_change = 1) AS o
GO
UPDATE t
SET "_millrace_position" = coalesce(m._millrace_last_position, t."_millrace_position"), "_millrace_generation" = 2
FROM "Sh.op"."or""ders]" AS t WITH (UPDLOCK, HOLDLOCK), (
  SELECT "_id", max("_millrace_position") AS _millrace_last_position
  FROM "#_millrace_stage_1"
  GROUP BY "_id") AS m
WHERE t."_id" = m."_id" AND t."_millrace_is_current" = 1
  AND NOT EXISTS (SELECT 1 FROM "#_millrace_stage_1_versions" AS v WHERE t."_id" = v."_id")
GO
UPDATE t
SET "_millrace_valid_to" = v._millrace_opens_at, "_millrace_is_current" = 0, "_millrace_deleted_at" = v._millrace_opens_at
FROM "Sh.op"."or""ders]" AS t WITH (UPDLOCK, HOLDLOCK), "#_millrace_stage_1_versions" AS v
WHERE t."_id" = v."_id" AND t."_millrace_is_current" = 1 AND v._millrace_number = 1
  AND v._millrace_op = 2
GO
UPDATE t
SET "_millrace_valid_to" = v._millrace_opens_at, "_millrace_is_current" = 0
FROM "Sh.op"."or""ders]" AS t WITH (UPDLOCK, HOLDLOCK), "#_millrace_stage_1_versions" AS v
WHERE t."_id" = v."_id" AND t."_millrace_is_current" = 1 AND v._millrace_number = 1
  AND v._millrace_op <> 2
GO
INSERT INTO "Sh.op"."or""ders]" (
  "_id", "a", "b", "_millrace_run_id", "_millrace_loaded_at",
  "_millrace_valid_from", "_millrace_valid_to", "_millrace_is_current", "_millrace_position", "_millrace_generation", "_millrace_deleted_at")
SELECT
  v."_id", v."a", v."b", 7, CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)),
  v._millrace_opens_at, v._millrace_closes_at, CAST(CASE WHEN v._millrace_next_op IS NULL THEN 1 ELSE 0 END AS bit), v."_millrace_position", 2, CASE WHEN v._millrace_next_op = 2 THEN v._millrace_closes_at END
FROM "#_millrace_stage_1_versions" AS v
WHERE v._millrace_op <> 2
ORDER BY v._millrace_seq
GO
DROP TABLE "#_millrace_stage_1_versions"
GO
UPDATE t
SET generation = n.generation, "position" = n."position"
FROM "dbo"."_millrace_tombstones" AS t WITH (UPDLOCK, HOLDLOCK), (
SELECT N'Sh.op' AS table_schema, N'or"ders]' AS table_name,
  g.key_text, 2 AS generation, max(g."position") AS "position"
FROM (
  SELECT CAST(s."_id" AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 AS key_text, s."_millrace_position" AS "position"
  FROM "#_millrace_stage_1" AS s
  WHERE s._millrace_op = 2 AND s."_millrace_position" IS NOT NULL) AS g
GROUP BY g.key_text) AS n
WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name AND t.key_text = n.key_text;
INSERT INTO "dbo"."_millrace_tombstones" (table_schema, table_name, key_text, generation, "position")
SELECT n.table_schema, n.table_name, n.key_text, n.generation, n."position"
FROM (
SELECT N'Sh.op' AS table_schema, N'or"ders]' AS table_name,
  g.key_text, 2 AS generation, max(g."position") AS "position"
FROM (
  SELECT CAST(s."_id" AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 AS key_text, s."_millrace_position" AS "position"
  FROM "#_millrace_stage_1" AS s
  WHERE s._millrace_op = 2 AND s."_millrace_position" IS NOT NULL) AS g
GROUP BY g.key_text) AS n
WHERE NOT EXISTS (SELECT 1 FROM "dbo"."_millrace_tombstones" AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.table_schema = n.table_schema AND t.table_name = n.table_name AND t.key_text = n.key_text)
GO
UPDATE "Sh.op"."or""ders]"
SET "_millrace_valid_to" = CASE WHEN "_millrace_valid_from" > CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)) THEN "_millrace_valid_from" ELSE CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)) END, "_millrace_is_current" = 0, "_millrace_deleted_at" = CASE WHEN "_millrace_valid_from" > CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)) THEN "_millrace_valid_from" ELSE CAST('2026-01-02T03:04:05.000000+00:00' AS datetimeoffset(6)) END
WHERE "_millrace_is_current" = 1 AND "_millrace_generation" < 2
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
