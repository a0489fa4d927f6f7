using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Connectors.SqlServer;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.SqlServer;

/// <summary>
/// A server without rows that parses every statement and keeps it. It knows the tables that were made, by reading the statements; of Millrace's own
/// tables it says what the test told it, and wherever a plan asks whether there is something to do, there is.
/// </summary>
internal sealed class RecordingChannel(SqlServerDialect dialect) : SqlChannel
{
    private readonly Dictionary<string, List<(string Name, string Type)>> _tables = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What went to the server.</summary>
    public List<string> Statements { get; } = [];

    /// <summary>How the tables are written, for what is noted of them.</summary>
    public Dictionary<TableId, TableNote> Notes { get; } = [];

    /// <summary>Columns that the server fills.</summary>
    public HashSet<string> Generated { get; } = [];

    /// <summary>The columns that streams were opened for.</summary>
    public List<ImmutableArray<BulkColumn>> Streams { get; } = [];

    /// <inheritdoc/>
    public override bool InTransaction => _inTransaction;

    /// <inheritdoc/>
    public override bool IsBroken => false;

    private bool _inTransaction;

    /// <summary>Makes a table known that Millrace did not make.</summary>
    public void AddTable(TableId table, params (string Name, string Type)[] columns) => _tables[dialect.Quote(table)] = [.. columns];

    /// <inheritdoc/>
    public override ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        Keep(sql);
        return ValueTask.FromResult(1L);
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        Keep(sql);
        return ValueTask.FromResult(Answer(sql));
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken)
    {
        Keep(sql);
        values.ShouldAllBe(v => sql.Contains("@" + v.Name, StringComparison.Ordinal));
        return ValueTask.FromResult<IReadOnlyList<SqlRow>>(sql.StartsWith("SELECT " + dialect.CountRows, StringComparison.Ordinal) ? [new([0L])] : []);
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<SqlRow>> ColumnsAsync(SqlDialect of, TableId table, CancellationToken cancellationToken)
    {
        Keep(of.ColumnsQuery(table));
        IReadOnlyList<SqlRow> rows = _tables.TryGetValue(dialect.Quote(table), out List<(string Name, string Type)>? columns)
            ? [.. columns.Select(c => new SqlRow([c.Name, c.Type, Generated.Contains(c.Name) ? 1 : 0, 0]))]
            : [];
        return ValueTask.FromResult(rows);
    }

    /// <inheritdoc/>
    public override ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        _inTransaction = true;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        _inTransaction = false;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask RollbackAsync()
    {
        _inTransaction = false;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask LockAsync(string name, CancellationToken cancellationToken)
    {
        Keep(dialect.Lock(name, "Transaction", -1));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask HoldAsync(string name, CancellationToken cancellationToken)
    {
        Keep(dialect.Lock(name, "Session", -1));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<BulkWriter> OpenWriterAsync(string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken)
    {
        Streams.Add(columns);
        return ValueTask.FromResult<BulkWriter>(new Drain());
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken)
    {
        await ExecuteAsync(sql, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Keep(string sql)
    {
        Statements.Add(sql);
        foreach (TSqlStatement statement in TSql.Parse(sql))
        {
            Follow(statement);
        }
    }

    private void Follow(TSqlStatement statement)
    {
        switch (statement)
        {
            case IfStatement { ThenStatement: CreateTableStatement made }:
                Follow(made);
                break;
            case CreateTableStatement made:
                _tables[NameOf(made.SchemaObjectName)] = [.. made.Definition.ColumnDefinitions.Select(Column)];
                break;
            case AlterTableAddTableElementStatement added when _tables.TryGetValue(NameOf(added.SchemaObjectName), out List<(string, string)>? columns):
                columns.AddRange(added.Definition.ColumnDefinitions.Select(Column));
                break;
            case DropTableStatement dropped:
                _tables.Remove(NameOf(dropped.Objects[0]));
                break;
            default:
                break;
        }
    }

    private IReadOnlyList<SqlRow> Answer(string sql)
    {
        if (sql.Contains("key_columns, key_index, disposition", StringComparison.Ordinal))
        {
            TableNote? note = Notes.FirstOrDefault(n => Names(sql, n.Key)).Value;
            return note is null ? [] :
            [
                new([
                    note.IsManaged, JsonSerializer.Serialize(note.Key.AsEnumerable()), note.KeyIndex, note.Write.Disposition.ToString(),
                    note.Write.Strategy.ToString(), note.Write.DeleteMode.ToString(), note.Write.IsChangeCapture, note.Generation,
                ]),
            ];
        }

        if (sql.Contains("SELECT key_index FROM", StringComparison.Ordinal))
        {
            return Notes.FirstOrDefault(n => Names(sql, n.Key)).Value is { } note ? [new([note.KeyIndex])] : [];
        }

        return sql.Contains("FROM sys.tables AS t", StringComparison.Ordinal) ? [.. SystemTables.TableNames.Where(n => _tables.ContainsKey(dialect.Quote(new TableId("dbo", n)))).Select(n => new SqlRow([n]))]
            : sql.StartsWith("SELECT max(version)", StringComparison.Ordinal) ? [new([SystemLayout.Current.Version])]
            : sql.StartsWith("SELECT count_big", StringComparison.Ordinal) ? [new([1L])]
            : sql.Contains("_millrace_tombstones", StringComparison.Ordinal) ? [new([1])]
            : [];
    }

    private bool Names(string sql, TableId table) =>
        sql.Contains($"table_schema = {dialect.Literal(table.Schema)} AND table_name = {dialect.Literal(table.Name)}", StringComparison.Ordinal);

    private string NameOf(SchemaObjectName name) => dialect.Quote(new TableId(name.SchemaIdentifier?.Value ?? "", name.BaseIdentifier.Value));

    private static (string Name, string Type) Column(ColumnDefinition column)
    {
        // Without its precision a decimal would not be one; of the others only the kind counts here.
        var type = (SqlDataTypeReference)column.DataType;
        string[] sizes = [.. type.Parameters.Select(p => p.Value)];
        string name = type.Name.BaseIdentifier.Value.ToLowerInvariant();
        string parts = name is "decimal" ? $"{sizes[0]},{sizes[1]}" : sizes.Length == 1 && sizes[0] is not "max" && name is not ("nvarchar" or "varbinary") ? $"0,{sizes[0]}" : "0,0";
        return (column.ColumnIdentifier.Value, $"{name}({parts})");
    }

    private sealed class Drain : BulkWriter
    {
        public override ValueTask WriteAsync(BulkRows rows, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public override ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
