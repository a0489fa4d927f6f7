using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>Reads what the store and Millrace's own tables say of a table.</summary>
internal sealed class SchemaReader(SqlDialect dialect, SystemTables system, SystemLayout layout)
{
    private HashSet<string> _systemTables = [];

    /// <summary>The version of Millrace's own tables, as <see cref="SystemTablesAsync"/> found it; 0 where they name none.</summary>
    public int LayoutVersion { get; private set; }

    private bool IsCurrent => _systemTables.Count == SystemTables.Count && LayoutVersion == layout.Version;

    /// <summary>The names of Millrace's own tables that are there. Where all are, in this program's layout, that is asked only once.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.NewerLayout"/>.</exception>
    public async ValueTask<IReadOnlySet<string>> SystemTablesAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        if (IsCurrent)
        {
            return _systemTables;
        }

        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(system.ExistQuery(), cancellationToken).ConfigureAwait(false);
        _systemTables = [.. rows.Select(r => r.Text(0))];
        LayoutVersion = _systemTables.Contains(SystemTables.LayoutName) ? await ReadVersionAsync(channel, cancellationToken).ConfigureAwait(false) : 0;
        return _systemTables;
    }

    /// <summary>True where every one of Millrace's own tables is there, in this program's layout.</summary>
    public async ValueTask<bool> HasCurrentSystemTablesAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        await SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        return IsCurrent;
    }

    private async ValueTask<int> ReadVersionAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(system.ReadVersion(), cancellationToken).ConfigureAwait(false);
        int version = rows is [{ } row] && row.TextOrNull(0) is not null ? row.Int(0) : 0;
        return version <= layout.Version ? version : throw new MillraceException(
            ErrorCodes.NewerLayout,
            $"A newer Millrace has written here: the layout of {SystemTables.LayoutName} in schema {system.Schema} is version {version}, and this program "
                + $"knows {layout.Version}.",
            "Upgrade Millrace to at least the version that wrote here last; nothing was changed.");
    }

    /// <summary>The table, or null where it does not exist.</summary>
    public async ValueTask<StoredTable?> ReadAsync(SqlChannel channel, TableId table, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> actual = await channel.ColumnsAsync(dialect, table, cancellationToken).ConfigureAwait(false);
        if (actual.Count == 0)
        {
            return null;
        }

        Dictionary<string, StoredColumn> map = [];
        TableNote? note = null;
        IReadOnlySet<string> there = await SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        if (there.Contains(SystemTables.TablesName) && there.Contains(SystemTables.ColumnsName))
        {
            map = await ReadMapAsync(channel, table, cancellationToken).ConfigureAwait(false);
            note = await ReadNoteAsync(channel, table, cancellationToken).ConfigureAwait(false);
        }

        var columns = ImmutableArray.CreateBuilder<StoredColumn>(actual.Count);
        var systemColumns = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (SqlRow row in actual)
        {
            string name = row.Text(0);
            if (SystemColumnSet.Contains(name))
            {
                systemColumns.Add(name);
            }
            else
            {
                StoredColumn column = map.TryGetValue(name, out StoredColumn? mapped) ? mapped : Unmapped(name, row.Text(1));
                columns.Add(row.Values.Length > 2 ? column with { IsGenerated = row.Bool(2), MaxBytes = row.Int(3) } : column);
            }
        }

        return new(table, columns.ToImmutable(), systemColumns.ToImmutable(), note);
    }

    private static LogicalType TypeOf(string text) => LogicalTypeText.TryParse(text, out LogicalType type)
        ? type
        : throw new FormatException($"'{text}' in _millrace_columns is no logical type.");

    // What a column held before Millrace wrote it is not known, so its integers count as wide.
    private StoredColumn Unmapped(string name, string typeName) =>
        new(name, dialect.FromCatalog(typeName), null, null, dialect.FromCatalog(typeName).Kind == TypeKind.Int64, false);

    private async ValueTask<Dictionary<string, StoredColumn>> ReadMapAsync(
        SqlChannel channel, TableId table, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT column_name, logical_type, source_path, source_type, is_wide
            FROM {system.Columns}
            WHERE {system.Names(table)}
            """,
            cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(
            r => r.Text(0),
            r => new StoredColumn(r.Text(0), TypeOf(r.Text(1)), r.TextOrNull(2), r.TextOrNull(3), r.Bool(4), true),
            StringComparer.Ordinal);
    }

    private async ValueTask<TableNote?> ReadNoteAsync(SqlChannel channel, TableId table, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT is_managed, key_columns, key_index, disposition, strategy, delete_mode, change_capture, generation
            FROM {system.Tables}
            WHERE {system.Names(table)}
            """,
            cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return null;
        }

        SqlRow row = rows[0];
        ImmutableArray<string> key = [.. JsonSerializer.Deserialize<string[]>(row.Text(1))!];
        var write = new TableWrite(new(table, [], key), Enum.Parse<WriteDisposition>(row.Text(3)))
        {
            Strategy = Enum.Parse<MergeStrategy>(row.Text(4)),
            DeleteMode = Enum.Parse<DeleteMode>(row.Text(5)),
            IsChangeCapture = row.Bool(6),
        };
        return new(row.Bool(0), key, row.TextOrNull(2), write, row.Int(7));
    }
}
