using System.Collections.Immutable;
using System.Globalization;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Tracing;

/// <summary>Reads the rows of a key, and the tombstone that may stand in their place. Values are bound.</summary>
internal sealed class RowTracer(SqlStore store, SqlChannel channel)
{
    private const string UsersRunColumn = "run_id";

    private static readonly string[] Instants = [SystemColumns.LoadedAt, SystemColumns.DeletedAt, SystemColumns.ValidFrom, SystemColumns.ValidTo];

    private readonly SqlDialect _dialect = store.Dialect;

    /// <summary>What is there; null where there is no such table.</summary>
    public async ValueTask<RowTrace?> ReadAsync(TableId name, IReadOnlyList<RowKeyPart> parts, int limit, CancellationToken cancellationToken)
    {
        TableId table = store.Names.Resolve(name);
        StoredTable? stored = await store.Reader.ReadAsync(channel, table, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            return null;
        }

        IReadOnlyList<SqlRow> types = await channel.ColumnsAsync(_dialect, table, cancellationToken).ConfigureAwait(false);
        (StoredColumn Column, string Value)[] key = [.. KeyOf(stored, parts)];
        string[] values = [.. key.Select((k, i) => $"CAST({_dialect.Marker(i + 1)} AS {TypeOf(k.Column, types)})")];
        SqlParameterValue[] bound = [.. key.Select((k, i) => new SqlParameterValue("p" + (i + 1).ToString(CultureInfo.InvariantCulture), k.Value))];
        string condition = string.Join(" AND ", key.Select((k, i) => $"{_dialect.Quote(k.Column.Name)} = {values[i]}"));
        try
        {
            return await ReadAsync(stored, key, condition, bound, limit, cancellationToken).ConfigureAwait(false) with
            {
                Tombstone = await TombstoneAsync(stored, key, values, bound, cancellationToken).ConfigureAwait(false),
            };
        }
        catch (MillraceException refused) when (refused.Code == ErrorCodes.StatementFailed || refused.Code == ErrorCodes.DuckDbStatement || refused.Code == ErrorCodes.DuckDbValue)
        {
            throw new MillraceException(
                ErrorCodes.KeyDoesNotFit, $"A value of the key is none of the columns of {table}: {refused.Message}", $"The key's columns: {Describe(key, types)}.", inner: refused);
        }
    }

    private async ValueTask<RowTrace> ReadAsync(
        StoredTable stored, (StoredColumn Column, string Value)[] key, string condition, SqlParameterValue[] bound, int limit, CancellationToken cancellationToken)
    {
        string[] system = [.. Instants.Concat([SystemColumns.RunId, SystemColumns.Position, SystemColumns.Generation]).Where(stored.SystemColumns.Contains)];
        string columns = string.Join(
            ", ",
            stored.Columns.Select(c => _dialect.Text(_dialect.Quote(c.Name), c.Type))
                .Concat(system.Select(s => Instants.Contains(s) ? _dialect.EpochMicroseconds(_dialect.Quote(s)) : _dialect.Quote(s))));
        string order = new[] { SystemColumns.ValidFrom, SystemColumns.LoadedAt }.FirstOrDefault(stored.SystemColumns.Contains) is { } by ? $"\nORDER BY {_dialect.Quote(by)}" : "";
        string rest = $"FROM {_dialect.Quote(stored.Id)}\nWHERE {condition}";
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(_dialect.First(limit, columns, rest + order), bound, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SqlRow> count = await channel.QueryAsync($"SELECT {_dialect.CountRows}\n{rest}", bound, cancellationToken).ConfigureAwait(false);
        return new(
            stored.Id,
            [.. key.Select(k => KeyValuePair.Create(k.Column.Name, k.Value))],
            [.. stored.Columns.Select(c => c.Name), .. system],
            [.. rows.Select(r => RowOf(stored, system, r))],
            count[0].Long(0))
        {
            KeyPaths = [.. key.Select(k => k.Column.Source ?? k.Column.Name)],
        };
    }

    private static TracedRow RowOf(StoredTable stored, string[] system, SqlRow row)
    {
        int At(string column) => Array.IndexOf(system, column) is var place && place < 0 ? -1 : stored.Columns.Length + place;
        object? Value(string column) => At(column) is var at && at < 0 ? null : row.Values[at];
        DateTimeOffset? Instant(string column) => Value(column) is null ? null : DateTimeOffset.UnixEpoch.AddTicks(row.Long(At(column)) * TimeSpan.TicksPerMicrosecond);
        ImmutableArray<KeyValuePair<string, string?>> values =
            [.. stored.Columns.Select((c, i) => KeyValuePair.Create(c.Name, Convert.ToString(row.Values[i], CultureInfo.InvariantCulture) is { } text && row.Values[i] is not null ? text : null))];
        string? own = values.FirstOrDefault(v => v.Key.Equals(UsersRunColumn, StringComparison.OrdinalIgnoreCase)).Value;
        return new(values)
        {
            RunId = Value(SystemColumns.RunId) is not null ? row.Long(At(SystemColumns.RunId))
                : long.TryParse(own, NumberStyles.None, CultureInfo.InvariantCulture, out long run) ? run : null,
            LoadedAt = Instant(SystemColumns.LoadedAt),
            Position = Value(SystemColumns.Position) is null ? null : row.Text(At(SystemColumns.Position)),
            Generation = Value(SystemColumns.Generation) is null ? null : row.Int(At(SystemColumns.Generation)),
            DeletedAt = Instant(SystemColumns.DeletedAt),
            ValidFrom = Instant(SystemColumns.ValidFrom),
            ValidTo = Instant(SystemColumns.ValidTo),
        };
    }

    // As the merge writes it: one column's text, or the texts with their lengths.
    private async ValueTask<TracedTombstone?> TombstoneAsync(
        StoredTable stored, (StoredColumn Column, string Value)[] key, string[] values, SqlParameterValue[] bound, CancellationToken cancellationToken)
    {
        bool isWhole = stored.Note is { } note && note.Key.SequenceEqual(key.Select(k => k.Column.Name), StringComparer.Ordinal);
        if (!isWhole || !(await store.Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false)).Contains(SystemTables.TombstonesName))
        {
            return null;
        }

        string[] texts = [.. key.Select((k, i) => _dialect.Text(values[i], k.Column.Type))];
        string text = texts.Length == 1
            ? texts[0]
            : _dialect.Concat([.. texts.SelectMany(t => (string[])[_dialect.Text(_dialect.Length(t), LogicalType.Int64), _dialect.Literal(":"), t])]);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT generation, "position"
            FROM {store.System.Tombstones}
            WHERE {store.System.Names(stored.Id)} AND key_text = {text}
            """,
            bound,
            cancellationToken).ConfigureAwait(false);
        return rows is [{ } row, ..] ? new(row.Int(0), row.Text(1)) : null;
    }

    private IEnumerable<(StoredColumn Column, string Value)> KeyOf(StoredTable stored, IReadOnlyList<RowKeyPart> parts)
    {
        ImmutableArray<string> own = stored.Note?.Key ?? [];
        int place = 0;
        foreach (RowKeyPart part in parts)
        {
            string? name = part.Column ?? (place < own.Length ? own[place++] : null);
            if (name is null)
            {
                throw new MillraceException(
                    ErrorCodes.KeyDoesNotFit,
                    own.IsEmpty ? $"Millrace does not know the key of {stored.Id}, which it did not load." : $"The key of {stored.Id} is {string.Join(", ", own)}.",
                    "Name the column: --key column=value.");
            }

            StringComparison comparison = _dialect.Naming.IgnoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
            yield return (
                stored.Columns.FirstOrDefault(c => c.Name.Equals(name, comparison)) ?? throw new MillraceException(
                    ErrorCodes.KeyDoesNotFit, $"{stored.Id} has no column '{name}'.", $"Its columns: {string.Join(", ", stored.Columns.Select(c => c.Name))}."),
                part.Value);
        }
    }

    private string TypeOf(StoredColumn column, IReadOnlyList<SqlRow> types) =>
        _dialect.CatalogNamesTypes ? types.First(t => t.Text(0) == column.Name).Text(1) : _dialect.TypeName(column.Type);

    private string Describe((StoredColumn Column, string Value)[] key, IReadOnlyList<SqlRow> types) =>
        string.Join(", ", key.Select(k => $"{k.Column.Name} {TypeOf(k.Column, types)}"));
}
