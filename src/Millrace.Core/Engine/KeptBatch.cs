using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>Makes a batch of one kept row again, its columns under the names that the source gave them.</summary>
/// <param name="task">The task that kept it.</param>
/// <param name="table">Its table as it is now, or null where there is none.</param>
internal sealed class KeptBatch(TaskDefinition task, TargetTable? table)
{
    private readonly ImmutableArray<ColumnSchema>.Builder _schemas = ImmutableArray.CreateBuilder<ColumnSchema>();
    private readonly ImmutableArray<Column>.Builder _columns = ImmutableArray.CreateBuilder<Column>();

    /// <summary>True for a mapping that gives a path another name.</summary>
    public static bool IsRename(ColumnMapping mapping) => mapping is { From: not null, To: not null, Drop: false };

    /// <summary>False for a row that does not hold its key: the source could not read it.</summary>
    public bool HasKey(KeptRow kept)
    {
        string[] names = [.. kept.Values.Select(v => v.Name)];
        return KeyOf(table).All(k => names.Contains(k) || k == SystemColumns.Key || names.Contains(table?.Schema.Columns.FirstOrDefault(c => c.Source == k)?.Name));
    }

    /// <summary>Builds the batch; once an instance.</summary>
    public RecordBatch Build(KeptRow kept, RejectedRow row)
    {
        foreach (JsonProperty property in kept.Values)
        {
            Add(property.Name, property.Value);
        }

        if (kept.IsPartial)
        {
            AddUnset();
        }

        var positions = (VarColumn)Column.Create(LogicalType.Text);
        positions.Append(Encoding.UTF8.GetBytes(row.Position));
        return new(new(row.Table, _schemas.ToImmutable(), KeyOf(table)), _columns.ToImmutable(), 1)
        {
            RowPositions = positions,
            Changes = kept.Change == ChangeKind.Insert ? default : new[] { kept.Change },
        };
    }

    private void Add(string name, JsonElement value)
    {
        // A row that the table refused is kept under the table's names, one that never got there under the source's.
        ColumnSchema? known = table?.Schema.Columns.FirstOrDefault(c => c.Name == name) ?? table?.Schema.Columns.FirstOrDefault(c => c.Source == name);
        ColumnMapping? rename = task.Columns.FirstOrDefault(m => IsRename(m) && m.To == name);
        Column column = value.ValueKind == JsonValueKind.Null ? Column.Create(known?.Type ?? LogicalType.Text) : ToColumn(value, known?.Type);
        _schemas.Add(new(rename?.From ?? known?.Source ?? name, column.Type, SourceType: known?.SourceType));
        _columns.Add(column);
    }

    // Of a partial row the table keeps every column that the row does not hold, those too that came after it.
    private void AddUnset()
    {
        HashSet<string> held = [.. _schemas.Select(c => c.Name)];
        foreach (ColumnSchema column in table?.Schema.Columns ?? [])
        {
            if (held.Add(column.Source ?? column.Name))
            {
                Column unset = Column.Create(column.Type);
                unset.AppendUnset();
                _schemas.Add(new(column.Source ?? column.Name, column.Type, SourceType: column.SourceType));
                _columns.Add(unset);
            }
        }
    }

    private ImmutableArray<string> KeyOf(TargetTable? table) => table is null
        ? task.Target.PrimaryKey
        : [.. table.Schema.Key.Select(k => table.Schema.Columns.First(c => c.Name == k).Source ?? k)];

    private static Column ToColumn(JsonElement value, LogicalType? wanted)
    {
        if (wanted is { Kind: TypeKind.Bytes } && value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes))
        {
            return Of(LogicalType.Bytes, bytes);
        }

        bool isText = value.ValueKind == JsonValueKind.String;
        LogicalType plain = isText && wanted is not { Kind: TypeKind.Json } ? LogicalType.Text : LogicalType.Json;
        byte[] text = Encoding.UTF8.GetBytes(plain.Kind == TypeKind.Text ? value.GetString()! : value.GetRawText());
        if (plain == wanted)
        {
            return Of(plain, text);
        }

        LogicalType to = wanted ?? Guess(value);
        (Column cast, Column? left) = new ValueCaster(to).Cast(Of(LogicalType.Text, text));
        if (left is null)
        {
            return cast;
        }

        cast.Dispose();
        return left;
    }

    private static LogicalType Guess(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => LogicalType.Text,
        JsonValueKind.True or JsonValueKind.False => LogicalType.Boolean,
        JsonValueKind.Number => value.TryGetInt64(out _) ? LogicalType.Int64 : LogicalType.Float64,
        _ => LogicalType.Json,
    };

    private static VarColumn Of(LogicalType type, ReadOnlySpan<byte> value)
    {
        var column = (VarColumn)Column.Create(type);
        column.Append(value);
        return column;
    }
}
