using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Catalog.Stores;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;
using Millrace.IntegrationTests.Catalog.Recording;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>
/// Every statement that the catalog sends to SQL Server, parsed by Microsoft's own parser: what is no T-SQL, names a parameter that is not sent, or a
/// table or column that the migrations do not make, is found here. What only a server can tell is left to <see cref="SqlServerCatalogTests"/>.
/// </summary>
public sealed partial class SqlServerStatementTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task Every_statement_of_the_stores_is_T_SQL_with_its_parameters()
    {
        var dialect = new RecordingSqlServer { IsMigrated = true };
        await using ICatalog catalog = await new CatalogStore(dialect, null).OpenAsync(Ct);
        await UseEverythingAsync(catalog, dialect);
        await new CatalogStore(dialect, null).StatusAsync(Ct);
        dialect.Statements.Add((dialect.SizeQuery, []));
        dialect.Statements.Count.ShouldBeGreaterThan(60);

        Dictionary<string, HashSet<string>> schema = SchemaOf(dialect.Migrations, dialect.CreateMigrationsTable);
        foreach ((string sql, string[] parameters) in dialect.Statements)
        {
            TSqlFragment fragment = Parse(sql);
            var names = new NameCollector();
            fragment.Accept(names);
            names.Variables.Except(names.Declared).ShouldBeSubsetOf(parameters, sql);
            parameters.ShouldBeSubsetOf(names.Variables, sql);
            foreach (string table in names.Tables)
            {
                schema.Keys.ShouldContain(table, sql);
            }

            if (names.Tables.Count > 0)
            {
                names.Columns.ShouldBeSubsetOf(names.Tables.SelectMany(t => schema[t]), sql);
            }
        }
    }

    [Fact]
    public async Task Every_batch_of_a_new_catalog_is_T_SQL()
    {
        var dialect = new RecordingSqlServer();

        await new CatalogStore(dialect, null).MigrateAsync(isDryRun: false, Ct);

        List<string> sent = [.. dialect.Statements.Select(s => s.Sql)];
        sent.ForEach(s => Parse(s));
        sent.Count(s => s.Contains("CREATE SCHEMA [odd ]]''schema]", StringComparison.Ordinal)).ShouldBe(1);
        sent.Count(s => s.Contains("CREATE TABLE [odd ]]'schema].leases", StringComparison.Ordinal)).ShouldBe(1);
        sent.ShouldAllBe(s => !s.Contains("metadata.", StringComparison.Ordinal));
        sent.ShouldAllBe(s => !GoLine().IsMatch(s));
    }

    [Fact]
    public void Rows_of_every_version_are_T_SQL()
    {
        foreach (int version in UpgradeFiles.Versions)
        {
            Parse(UpgradeFiles.Read(version));
        }
    }

    [Fact]
    public void The_parser_and_the_names_would_notice()
    {
        Should.Throw<ShouldAssertException>(() => Parse("SELECT a FROM b LIMIT 5"));
        var names = new NameCollector();
        Parse("DECLARE @x int; SELECT t.a FROM [m].[b] t WHERE c = @y").Accept(names);
        (string.Join(",", names.Tables), string.Join(",", names.Columns.Order()), string.Join(",", names.Variables.Except(names.Declared))).ShouldBe(("b", "a,c", "@y"));
    }

    /// <summary>One schema in three dialects: a table or column that one engine lacks is found here.</summary>
    [Fact]
    public void All_engines_have_the_same_tables_columns_and_nulls()
    {
        string[] engines = ["Sqlite", "PostgreSql", "SqlServer"];
        string[][] described = [.. engines.Select(e => Describe(MigrationFiles.Load(e)))];

        described[1].ShouldBe(described[0], "postgresql against sqlite");
        described[2].ShouldBe(described[0], "sqlserver against sqlite");
        described[0].Length.ShouldBeGreaterThan(80);
    }

    private static async Task UseEverythingAsync(ICatalog catalog, RecordingSqlServer dialect)
    {
        Definitions desired = new(0, [.. UpgradeFiles.Connections], [.. UpgradeFiles.Jobs], [.. UpgradeFiles.Tasks]);
        await catalog.Definitions.ApplyAsync(desired, 0, "me", Ct);
        await catalog.Definitions.VersionsAsync(5, Ct);
        foreach (string table in new[] { "connections", "jobs", "tasks" })
        {
            string key = table == "tasks" ? "task_key" : "name";
            dialect.Statements.Add(($"UPDATE {dialect.Prefix}{table} SET removed_version = @version WHERE {key} = @name", ["@version", "@name"]));
        }

        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        long task = await catalog.Runs.StartTaskAsync(run, new("j/t", "t", "E", "{}"), Ct);
        await catalog.Runs.ProgressTaskAsync(task, new(20, 200, 10, 100, 2, 1, Estimate.Unknown, null, TimeSpan.Zero), Ct);
        var outcome = new TaskOutcome(10, 2000, 3, 2) { Tables = [new(new("raw", "orders"), 9, 1)], NewColumns = ["raw.orders.a int64"], LimitReached = "run_max_rows" };
        await catalog.Runs.EndTaskAsync(task, RunStatus.Succeeded, outcome, null, Ct);
        await catalog.Runs.EndAsync(run, RunStatus.Failed, new MillraceException(ErrorCodes.CheckFailed, "what", "fix"), Ct);
        await catalog.Runs.ReopenAsync(run, new("j", "manual", "me", "h", 2), Ct);
        await catalog.Runs.MarkLostAsync(run, Ct);
        await catalog.Runs.ListAsync(new(5) { Job = "j", Status = RunStatus.Running, RunId = 1 }, Ct);
        await catalog.Runs.ListAsync(new(5), Ct);
        await catalog.Runs.TasksOfAsync(run, Ct);
        await catalog.Runs.HistoryAsync("j/t", 5, Ct);
        long log = await catalog.Logs.OpenAsync(run, task, Ct);
        await catalog.Logs.AppendAsync(log, [new(1, DateTimeOffset.UnixEpoch, LogLevel.Info, "a") { Context = "{}", Rows = 1 }], Ct);
        await catalog.Logs.ReadAsync(run, 5, Ct);
        await catalog.Checkpoints.ReplaceAsync("j/t", [new("j/t", "p", 1, new("l"), new("x/1"), 1)], null, Ct);
        await catalog.Checkpoints.ReadAsync(null, Ct);
        await catalog.Lineage.RecordAsync(
            1, new("j/t", "j", "t", "T") { Edges = [new(null, new("c", "s.t", "x"), LineageKind.Constant, LineageOrigin.Parsed)], Notes = ["n"] }, Ct);
        await catalog.Lineage.OfRunAsync(1, Ct);
        await catalog.Lineage.LatestAsync("E", Ct);
        await catalog.Lineage.IntoAsync("c", "s.t", 5, Ct);
        foreach (bool hasLease in new[] { false, true })
        {
            dialect.HasLease = hasLease;
            await catalog.Leases.TryAcquireAsync("t", new(1, "h", "m", 1, "1"), TimeSpan.FromMinutes(1), null, Ct);
        }

        await catalog.Leases.RenewAsync("t", 1, TimeSpan.FromMinutes(1), Ct);
        await catalog.Leases.ReleaseAsync("t", 1, Ct);
        await catalog.Leases.NowAsync(Ct);
    }

    private static TSqlFragment Parse(string sql)
    {
        TSqlFragment fragment = new TSql150Parser(initialQuotedIdentifiers: true).Parse(new StringReader(sql), out IList<ParseError> errors);
        errors.Select(e => $"{e.Line}:{e.Column} {e.Message}").ShouldBeEmpty(sql);
        return fragment;
    }

    private static Dictionary<string, HashSet<string>> SchemaOf(ImmutableArray<Migration> migrations, string more)
    {
        var tables = new TableCollector();
        Parse(more).Accept(tables);
        foreach (Migration migration in migrations)
        {
            Parse(migration.Sql).Accept(tables);
        }

        tables.Tables["tables"] = ["name", "schema_id", "object_id"];
        tables.Tables["schemas"] = ["name", "schema_id"];
        tables.Tables["partitions"] = ["object_id", "hobt_id", "partition_id"];
        tables.Tables["allocation_units"] = ["container_id", "total_pages"];
        return tables.Tables;
    }

    // The files are written alike: a column stands alone in its line.
    private static string[] Describe(ImmutableArray<Migration> migrations)
    {
        List<string> found = [];
        string table = "";
        foreach (string line in migrations.SelectMany(m => m.Sql.Split('\n')))
        {
            if (DropLine().Match(line) is { Success: true } drop)
            {
                found.RemoveAll(f => f.StartsWith(drop.Groups[1].Value + ".", StringComparison.Ordinal));
            }

            // What comes after a table's last line is of no table.
            if (line.StartsWith(')'))
            {
                table = "";
            }

            if (CreateLine().Match(line) is { Success: true } create)
            {
                table = create.Groups[1].Value;
            }
            else if (table.Length > 0 && ColumnLine().Match(line) is { Success: true } column && column.Groups[1].Value is not ("PRIMARY" or "CHECK" or "UNIQUE" or "CONSTRAINT"))
            {
                bool isKey = line.Contains("PRIMARY KEY", StringComparison.Ordinal);
                found.Add($"{table}.{column.Groups[1].Value} {(isKey || line.Contains("NOT NULL", StringComparison.Ordinal) ? "not null" : "null")}");
            }
        }

        return [.. found];
    }

    [GeneratedRegex(@"^DROP TABLE (?:metadata\.)?(\w+)")]
    private static partial Regex DropLine();

    [GeneratedRegex(@"^CREATE TABLE (?:metadata\.)?(\w+)")]
    private static partial Regex CreateLine();

    [GeneratedRegex(@"^    \[?(\w+)\]?\s+\w")]
    private static partial Regex ColumnLine();

    [GeneratedRegex(@"^\s*GO\s*$", RegexOptions.Multiline)]
    private static partial Regex GoLine();

    private sealed class NameCollector : TSqlFragmentVisitor
    {
        public HashSet<string> Variables { get; } = [];

        public HashSet<string> Declared { get; } = [];

        public HashSet<string> Tables { get; } = [];

        public HashSet<string> Columns { get; } = [];

        public override void Visit(VariableReference node)
        {
            // @Resource = … names a parameter of the procedure, no variable.
            Variables.Add(node.Name);
        }

        public override void Visit(DeclareVariableElement node) => Declared.Add(node.VariableName.Value);

        public override void Visit(ExecuteParameter node)
        {
            if (node.Variable is { } formal)
            {
                Declared.Add(formal.Name);
            }
        }

        public override void Visit(NamedTableReference node) => Tables.Add(node.SchemaObject.BaseIdentifier.Value);

        public override void Visit(ColumnReferenceExpression node)
        {
            if (node.MultiPartIdentifier is { } name)
            {
                Columns.Add(name.Identifiers[^1].Value);
            }
        }
    }

    private sealed class TableCollector : TSqlFragmentVisitor
    {
        public Dictionary<string, HashSet<string>> Tables { get; } = [];

        public override void Visit(CreateTableStatement node) =>
            Tables[node.SchemaObjectName.BaseIdentifier.Value] = [.. node.Definition.ColumnDefinitions.Select(c => c.ColumnIdentifier.Value)];
    }
}
