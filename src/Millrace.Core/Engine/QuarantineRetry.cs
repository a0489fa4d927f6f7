using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// Tries quarantined rows again, after the target or its contract was changed so that it can take them. A row comes back as it was kept: mapped
/// and masked already, so mappings are not applied twice. Each row is a load of its own, in which it also leaves the quarantine; the position
/// guard holds, so a row never overwrites what is newer. Run it under the task's lease.
/// </summary>
/// <param name="task">The task whose rows they are.</param>
/// <param name="target">Its destination.</param>
/// <param name="time">The clock.</param>
public sealed class QuarantineRetry(TaskDefinition task, IDestination target, TimeProvider time)
{
    // Values were cast and masked when the row was kept; what is left of the mappings is which path feeds which column.
    private readonly TaskDefinition _asKept = task with
    {
        Columns = [.. task.Columns.Where(IsRename).Select(m => new ColumnMapping { From = m.From, To = m.To, Cast = m.Mask == MaskKind.None ? m.Cast : null })],
        Nested = NestedSettings.Json,
    };

    /// <summary>Tries one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="runId">Stamped on the row where it lands.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.OtherProject"/>.</exception>
    /// <returns>Null where the row is loaded and out of quarantine; else why it stays.</returns>
    public async Task<string?> RetryAsync(QuarantinedRow row, long runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Row.Raw is null || !TryParse(row.Row.Raw, out JsonDocument? document))
        {
            return "the row is not kept in a form that can be loaded; mend the source and read it again (--full-refresh or --from)";
        }

        using (document)
        {
            IReadOnlyList<Checkpoint> committed = await target.CommittedAsync(task.Key, cancellationToken).ConfigureAwait(false);
            ProjectClaim.ThrowIfOthers(task, committed);
            int generation = committed.Count == 0 ? 1 : committed.Max(c => c.Generation);
            TargetTable? table = await target.DescribeAsync(row.Row.Table, cancellationToken).ConfigureAwait(false);
            RecordBatch batch = ToBatch(document!.RootElement, row, table);
            TableShaper shaper = await TableShaper.CreateAsync(
                new(_asKept, row.Row.Table, target.Naming, target.Fit, id => target.DescribeAsync(id, cancellationToken))
                {
                    MaxKeyBytes = target.MaxKeyBytes,
                }).ConfigureAwait(false);
            ShapedBatch shaped = await shaper.ShapeAsync(batch).ConfigureAwait(false);
            try
            {
                return shaped.Rejected.IsEmpty && shaped.DiscardedRows == 0
                    ? await LoadAsync(row, shaped, runId, generation, cancellationToken).ConfigureAwait(false)
                    : shaped.Rejected.IsEmpty ? "the schema contract discards it" : shaped.Rejected[0].Reason;
            }
            catch (MillraceException e) when (e.Code.Kind == ErrorKind.Run)
            {
                // What the destination has against this row says nothing of the others.
                return $"{e.Code}: {e.Message}";
            }
            finally
            {
                foreach (ShapedStep step in shaped.Steps)
                {
                    step.Rows?.Dispose();
                }
            }
        }
    }

    private async Task<string?> LoadAsync(QuarantinedRow row, ShapedBatch shaped, long runId, int generation, CancellationToken cancellationToken)
    {
        var request = new WriteRequest(task.Key, runId, generation, time.GetUtcNow(), [.. shaped.Steps.Select(s => s.Table)]);
        await target.PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        LoadId load = LoadId.For(task.Key, generation, [("#retry", $"{row.Id} in run {runId}")]);
        IWriteSession session = await target.BeginAsync(request, load, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            foreach (RecordBatch rows in shaped.Steps.Select(s => s.Rows).OfType<RecordBatch>())
            {
                await session.WriteAsync(rows, cancellationToken).ConfigureAwait(false);
            }

            if (session.Quarantined > 0)
            {
                return row.Row.Reason;
            }

            await session.CommitAsync(new([]) { Requeued = [row.Id] }, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private static bool TryParse(string raw, out JsonDocument? document)
    {
        try
        {
            document = JsonDocument.Parse(raw);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            document = null;
            return false;
        }
    }

    private RecordBatch ToBatch(JsonElement row, QuarantinedRow quarantined, TargetTable? table)
    {
        var schemas = ImmutableArray.CreateBuilder<ColumnSchema>();
        var columns = ImmutableArray.CreateBuilder<Column>();
        foreach (JsonProperty property in row.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null))
        {
            // A row that the table refused is kept under the table's names, one that never got there under the source's.
            ColumnSchema? known = table?.Schema.Columns.FirstOrDefault(c => c.Name == property.Name)
                ?? table?.Schema.Columns.FirstOrDefault(c => c.Source == property.Name);
            ColumnMapping? rename = task.Columns.FirstOrDefault(m => IsRename(m) && m.To == property.Name);
            Column column = ToColumn(property.Value, known?.Type);
            schemas.Add(new(rename?.From ?? known?.Source ?? property.Name, column.Type, SourceType: known?.SourceType));
            columns.Add(column);
        }

        var positions = (VarColumn)Column.Create(LogicalType.Text);
        positions.Append(Encoding.UTF8.GetBytes(quarantined.Row.Position));
        return new(new(quarantined.Row.Table, schemas.ToImmutable(), KeyOf(table)), columns.ToImmutable(), 1) { RowPositions = positions };
    }

    private static bool IsRename(ColumnMapping mapping) => mapping is { From: not null, To: not null, Drop: false };

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
