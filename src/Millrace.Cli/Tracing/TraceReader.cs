using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Cli.Projects;
using Millrace.Cli.Verbs;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Cli.Tracing;

/// <summary>Follows a key from a table up through the lineage, as far as the tables before it have the key's columns as they are.</summary>
internal sealed class TraceReader(Workspace workspace, ICatalog catalog, LineageGraph graph, int limit) : IAsyncDisposable
{
    private const int MostWriters = 5;

    private readonly Dictionary<string, TargetSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<long, (RunRecord? Run, IReadOnlyList<TaskRunRecord> Tasks, IReadOnlyList<TaskLineage> Lineage)> _runs = [];

    /// <summary>The table and those before it, the nearest first.</summary>
    public async Task<IReadOnlyList<TraceTable>> ReadAsync(LineageNode start, IReadOnlyList<string> keys, CancellationToken ct)
    {
        List<TraceTable> tables = [];
        Queue<(LineageNode Node, LineageNode? Into, IReadOnlyList<RowKeyPart> Key)> waiting = new();
        waiting.Enqueue((start, null, await PartsAsync(start, keys, ct).ConfigureAwait(false)));
        HashSet<LineageNode> seen = [start];
        while (waiting.TryDequeue(out (LineageNode Node, LineageNode? Into, IReadOnlyList<RowKeyPart> Key) next))
        {
            TraceTable table = await ReadTableAsync(next.Node, next.Into, next.Key, ct).ConfigureAwait(false);
            List<string> notes = [.. table.Notes];
            IReadOnlyList<RowKeyPart> key = table.Trace is { } trace ? [.. trace.Key.Select(k => new RowKeyPart(k.Key, k.Value))] : next.Key;
            foreach (LineageNode parent in ParentsOf(next.Node))
            {
                IReadOnlyList<RowKeyPart>? parts = KeyIn(parent, next.Node, key, out string missing);
                if (parts is null)
                {
                    notes.Add($"not followed to {parent}: no column there gives {missing} unchanged");
                }
                else if (seen.Add(parent))
                {
                    waiting.Enqueue((parent, next.Node, parts));
                }
            }

            tables.Add(table with { Notes = [.. notes] });
        }

        return tables;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (TargetSession session in _sessions.Values)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    private IEnumerable<LineageNode> ParentsOf(LineageNode node) =>
        graph.Into(node).Where(s => s.Edge.IsOfTables && s.Edge.Kind != LineageKind.Filtered).Select(s => s.Edge.From!).Distinct();

    // What the key is called in the table before; null where a part of it is not there as it is.
    private List<RowKeyPart>? KeyIn(LineageNode parent, LineageNode node, IReadOnlyList<RowKeyPart> key, out string missing)
    {
        List<RowKeyPart> parts = [];
        missing = "";
        foreach (RowKeyPart part in key)
        {
            LineageEdge[] edges = [.. graph.Into(node).Select(s => s.Edge).Where(e => e.From is { } from && from.OfTable == parent && !e.IsOfTables)];
            LineageEdge[] own = [.. edges.Where(e => string.Equals(e.To.Column, part.Column, StringComparison.OrdinalIgnoreCase))];
            string[] columns = own.Length > 0
                ? [.. own.Where(e => e.Kind is LineageKind.Copied or LineageKind.Renamed && !e.IsUncertain).Select(e => e.From!.Column!).Distinct()]
                : edges.Any(e => e is { From.Column: "*", To.Column: "*" }) ? [part.Column!] : [];
            if (columns.Length != 1 || (own.Length > 0 && own.Any(e => e.Kind is not (LineageKind.Copied or LineageKind.Renamed))))
            {
                missing = part.Column ?? "the key";
                return null;
            }

            parts.Add(new(columns[0], part.Value));
        }

        return parts;
    }

    // column=value where the table has such a column; else a value of the table's own key.
    private async Task<IReadOnlyList<RowKeyPart>> PartsAsync(LineageNode node, IReadOnlyList<string> keys, CancellationToken ct)
    {
        if (Session(node.Connection) is not { Destination: IRowTracer } session)
        {
            throw new MillraceException(ErrorCodes.Unsupported, $"{node} is read by Millrace, not written: its rows cannot be looked at.", "Name a table of a destination.");
        }

        TargetTable? table = await session.Destination.DescribeAsync(TableId.Parse(node.Table), ct).ConfigureAwait(false);
        HashSet<string> columns = new(table?.Schema.Columns.Select(c => c.Name) ?? [], StringComparer.OrdinalIgnoreCase);
        return [.. keys.Select(key => key.IndexOf('=', StringComparison.Ordinal) is > 0 and int at && columns.Contains(key[..at])
            ? new RowKeyPart(key[..at], key[(at + 1)..])
            : new RowKeyPart(null, key))];
    }

    private TargetSession? Session(string connection)
    {
        if (workspace.Connection(connection).Connector.Info.Dispositions.IsEmpty)
        {
            return null;
        }

        if (!_sessions.TryGetValue(connection, out TargetSession? session))
        {
            _sessions[connection] = session = TargetSession.ToRead(workspace, connection);
        }

        return session;
    }

    private async Task<TraceTable> ReadTableAsync(LineageNode node, LineageNode? into, IReadOnlyList<RowKeyPart> key, CancellationToken ct)
    {
        if (Session(node.Connection) is not { Destination: IRowTracer tracer } session)
        {
            return new(node, null) { MadeInto = into, Notes = [$"a dataset of the source, at {string.Join(", ", key.Select(k => $"{k.Column} = {k.Value}"))}"] };
        }

        RowTrace? trace = await tracer.TraceAsync(TableId.Parse(node.Table), key, limit, ct).ConfigureAwait(false);
        if (trace is null)
        {
            return new(node, null) { MadeInto = into, Notes = ["there is no such table yet"] };
        }

        List<TraceOrigin> origins = [];
        foreach (TracedRow row in trace.Rows)
        {
            origins.Add(await OriginAsync(node, row, ct).ConfigureAwait(false));
        }

        IReadOnlyList<(long TaskRunId, TaskLineage Lineage)> writers = await catalog.Lineage.IntoAsync(node.Connection, node.Table, MostWriters, ct).ConfigureAwait(false);
        return new(node, trace)
        {
            MadeInto = into,
            Origins = [.. origins],
            Quarantined = [.. await QuarantinedAsync(session.Destination, trace, ct).ConfigureAwait(false)],
            Writers = [.. writers.Select(w => (w.Lineage.RunId!.Value, w.Lineage.TaskKey))],
        };
    }

    private async Task<TraceOrigin> OriginAsync(LineageNode node, TracedRow row, CancellationToken ct)
    {
        if (row.RunId is not { } id)
        {
            return new(null, []) { Note = "the row carries no run: the SQL that wrote it writes no run_id" };
        }

        (RunRecord? run, IReadOnlyList<TaskRunRecord> tasks, IReadOnlyList<TaskLineage> lineage) = await RunAsync(id, ct).ConfigureAwait(false);
        if (run is null)
        {
            return new(null, []) { Note = $"the catalog knows no run {id}" };
        }

        var writers = ImmutableArray.CreateBuilder<(TaskRunRecord, string)>();
        foreach (TaskRunRecord task in tasks)
        {
            TaskLineage? own = lineage.FirstOrDefault(l => l.TaskKey == task.Start.TaskKey);
            LineageEdge[] edges = [.. (own?.Edges ?? []).Where(e => e.To.OfTable == node)];
            if (edges.Length > 0 || task.Tables.Any(t => t.Table == node.Table))
            {
                writers.Add((task, TraceRule.Of(task, own is null ? null : own with { Edges = [.. edges] })));
            }
        }

        // Run ids begin again with a new catalog.
        string? note = row.LoadedAt is { } at && at < run.StartedAt.AddMinutes(-1) ? $"the row is older than the catalog's run {id}: another catalog counted it" : null;
        return new(run, writers.ToImmutable()) { Note = note };
    }

    private async Task<(RunRecord? Run, IReadOnlyList<TaskRunRecord> Tasks, IReadOnlyList<TaskLineage> Lineage)> RunAsync(long id, CancellationToken ct)
    {
        if (!_runs.TryGetValue(id, out (RunRecord?, IReadOnlyList<TaskRunRecord>, IReadOnlyList<TaskLineage>) known))
        {
            IReadOnlyList<RunRecord> runs = await catalog.Runs.ListAsync(new(1) { RunId = id }, ct).ConfigureAwait(false);
            _runs[id] = known = runs.Count == 0
                ? (null, [], [])
                : (runs[0], await catalog.Runs.TasksOfAsync(id, ct).ConfigureAwait(false), await catalog.Lineage.OfRunAsync(id, ct).ConfigureAwait(false));
        }

        return known;
    }

    private static async Task<IEnumerable<QuarantinedRow>> QuarantinedAsync(IDestination destination, RowTrace trace, CancellationToken ct) =>
        destination is IQuarantineStore store
            ? (await store.ListAsync(null, QuarantineVerb.MostRows, ct).ConfigureAwait(false)).Where(r =>
                r.Row.Table.Name == trace.Table.Name && (r.Row.Table.Schema.Length == 0 || r.Row.Table.Schema == trace.Table.Schema) && IsOf(r.Row.Raw, trace))
            : [];

    // What cannot be read as JSON cannot be told to be of the key.
    private static bool IsOf(string? raw, RowTrace trace)
    {
        try
        {
            using JsonDocument? row = raw is null ? null : JsonDocument.Parse(raw);
            return row?.RootElement.ValueKind == JsonValueKind.Object
                && trace.Key.Zip(trace.KeyPaths).All(k => Has(row.RootElement, k.First.Key, k.First.Value) || Has(row.RootElement, k.Second, k.First.Value));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Has(JsonElement row, string name, string value) => row.TryGetProperty(name, out JsonElement found) && Is(found, value);

    // An id of MongoDB is an object of one text: {"$oid": "…"}.
    private static bool Is(JsonElement found, string value) => found.ValueKind switch
    {
        JsonValueKind.Object => found.EnumerateObject().Any(p => p.Name.StartsWith('$') && Is(p.Value, value)),
        JsonValueKind.String => found.GetString() == value,
        _ => found.GetRawText() == value,
    };
}
