using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// Reads tables, views or a query of a relational database. A whole copy is a partition <c>snapshot:DATASET</c>, or <c>snapshot:DATASET/0001</c> where it is
/// read in parts, an incremental read <c>cursor:DATASET</c>.
/// </summary>
internal sealed class RelationalSource : ISource
{
    private const string SnapshotPrefix = "snapshot:";
    private const string CursorPrefix = "cursor:";

    private readonly SourceSettings _settings;
    private readonly RelationalEngine _engine;
    private readonly RelationalSourceOptions? _options;
    private readonly Dictionary<string, Relation> _relations = new(StringComparer.Ordinal);

    /// <summary>Makes a source; nothing is opened yet.</summary>
    /// <param name="settings">The task's.</param>
    /// <param name="engine">The engine, which goes with the source.</param>
    public RelationalSource(SourceSettings settings, RelationalEngine engine)
    {
        _settings = settings;
        _engine = engine;
        _options = (RelationalSourceOptions?)settings.Options;
    }

    private RelationalDialect Dialect => _engine.Dialect;

    private string Filter => _settings.Filter ?? "";

    private bool IsIncremental => _settings.Method == ReplicationMethod.Incremental;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken)
    {
        var schemas = new List<TableSchema>();
        foreach (string dataset in _settings.Datasets)
        {
            schemas.Add((await RelationAsync(dataset, cancellationToken).ConfigureAwait(false)).Schema);
        }

        return schemas;
    }

    /// <inheritdoc/>
    public async ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var partitions = new List<PartitionPlan>();
        var notes = new List<string>();
        foreach (string dataset in _settings.Datasets.Order(StringComparer.Ordinal))
        {
            Relation relation = await RelationAsync(dataset, cancellationToken).ConfigureAwait(false);
            if (IsIncremental)
            {
                if (await PlanIncrementalAsync(relation, request, cancellationToken).ConfigureAwait(false) is { } partition)
                {
                    partitions.Add(partition);
                }

                await NoteNullsAsync(relation, request, notes, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                RefuseRange();
                partitions.AddRange(await PlanSnapshotAsync(relation, request, cancellationToken).ConfigureAwait(false));
            }
        }

        return new(partitions) { Notes = notes };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Relation relation = _relations[request.Partition.Datasets[0]];
        ReadOrder order = IsIncremental ? OrderByCursor(relation, request.Partition.Start)
            : relation.CanPage ? new KeyOrder(relation, Dialect, request.Partition)
            : new WholeOrder(request.Partition);
        using var reader = new PartitionReader(_engine, relation, order, request);
        await foreach (RecordBatch batch in reader.ReadAsync(Filter, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private async ValueTask<Relation> RelationAsync(string dataset, CancellationToken cancellationToken)
    {
        if (_relations.TryGetValue(dataset, out Relation? known))
        {
            return known;
        }

        SourceQuery? query = SourceQuery.Of(_options);
        if (query is not null && _settings.Datasets.Length != 1)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, "A task with a query reads one dataset, whose name is the query's.", "Write dataset: NAME, without * and lists.", "source.dataset");
        }

        Relation relation = query is null
            ? await _engine.DescribeTableAsync(dataset, cancellationToken).ConfigureAwait(false)
            : await _engine.DescribeQueryAsync(dataset, query, cancellationToken).ConfigureAwait(false);
        relation = relation.Only(_settings.Fields, _settings.CursorField);
        _relations.Add(dataset, relation);
        return relation;
    }

    private async ValueTask<IEnumerable<PartitionPlan>> PlanSnapshotAsync(Relation relation, PlanRequest request, CancellationToken cancellationToken)
    {
        string name = SnapshotPrefix + relation.Dataset;
        List<(string Name, KeyPosition At)> parts = [.. request.Committed
            .Where(c => c.Partition == name || c.Partition.StartsWith(name + "/", StringComparison.Ordinal))
            .OrderBy(c => c.Partition, StringComparer.Ordinal)
            .Select(c => (c.Partition, KeyPosition.Parse(c.Position, Dialect.Scheme, relation.CanPage ? relation.Key.Length : 0)))];
        if (parts.Count == 0)
        {
            IReadOnlyList<string[]> splits = relation.CanPage
                ? await _engine.SplitAsync(relation, [Filter], cancellationToken).ConfigureAwait(false)
                : [];
            parts.AddRange(Parts(name, splits));
        }
        else
        {
            AddRest(relation, name, parts);
        }

        (string Name, KeyPosition At)[] left = [.. parts.Where(p => !p.At.IsEnd)];
        var plans = new List<PartitionPlan>();
        foreach ((string part, KeyPosition at) in left)
        {
            plans.Add(new(part, 0, at.Print(Dialect.Scheme), (at with { IsEnd = true }).Print(Dialect.Scheme))
            {
                IsSnapshot = true,
                Datasets = [relation.Dataset],
                Waiting = await WaitingAsync(relation, part, at, cancellationToken).ConfigureAwait(false),
            });
        }

        return plans;
    }

    // Each part begins where the one before it ends. Of those that were laid out first ones alone may have been committed: the rest is then one part.
    private static void AddRest(Relation relation, string name, List<(string Name, KeyPosition At)> parts)
    {
        KeyPosition? last = null;
        int chained = 0;
        while (chained == 0 || (last?.To is not null && chained <= parts.Count))
        {
            string[]? begin = last?.To;
            last = parts.Select(p => p.At).FirstOrDefault(p => begin is null ? p.From is null : p.From is not null && p.From.SequenceEqual(begin));
            if (last is null && begin is not null && chained == parts.Count)
            {
                parts.Add((FormattableString.Invariant($"{name}/{chained + 1:D4}"), new(begin, null, null, false)));
                return;
            }

            if (last is null)
            {
                throw new MillraceException(
                    ErrorCodes.HistoryLost,
                    $"{relation.Dataset} is read in parts of its key, and the checkpoint of one of them is missing.",
                    "Read it from its start: `millrace run JOB --full-refresh`, or on_history_lost: resnapshot on the task's source.");
            }

            chained++;
        }
    }

    private ValueTask<Estimate> WaitingAsync(Relation relation, string part, KeyPosition at, CancellationToken cancellationToken)
    {
        var plan = new PartitionPlan(part, 0, at.Print(Dialect.Scheme), null);
        return _engine.EstimateAsync(relation, relation.CanPage ? [.. new KeyOrder(relation, Dialect, plan).Conditions(), Filter] : [Filter], cancellationToken);
    }

    private static IEnumerable<(string Name, KeyPosition At)> Parts(string name, IReadOnlyList<string[]> splits) => splits.Count == 0
        ? [(name, KeyPosition.Start)]
        : Enumerable.Range(0, splits.Count + 1).Select(i => (
            FormattableString.Invariant($"{name}/{i + 1:D4}"),
            new KeyPosition(i == 0 ? null : splits[i - 1], i == splits.Count ? null : splits[i], null, false)));

    private async ValueTask<PartitionPlan?> PlanIncrementalAsync(Relation relation, PlanRequest request, CancellationToken cancellationToken)
    {
        string name = CursorPrefix + relation.Dataset;
        RelationColumn column = CursorOf(relation);
        Position start = request.Committed.FirstOrDefault(c => c.Partition == name)?.Position ?? CursorPosition.Start(column.Name).Print(Dialect.Scheme);
        CursorOrder order = OrderByCursor(relation, start);
        CursorPosition reached = CursorPosition.Parse(start, Dialect.Scheme, column.Name);
        bool isRange = _settings is not { From: null, To: null };
        if (isRange && reached.IsDone)
        {
            return null;
        }

        string? value = reached.Value;
        string[] conditions = value is null || _options?.Lookback is not null
            ? [.. order.Conditions(), Filter]
            : [Dialect.After([column], [value]), .. Bounds(column), Filter];
        return new(name, 0, start, null)
        {
            Datasets = [relation.Dataset],
            Waiting = await _engine.EstimateAsync(relation, conditions, cancellationToken).ConfigureAwait(false),
        };
    }

    private async ValueTask NoteNullsAsync(Relation relation, PlanRequest request, List<string> notes, CancellationToken cancellationToken)
    {
        RelationColumn column = CursorOf(relation);
        if (!column.Nullable || request.GoesOn)
        {
            return;
        }

        string where = RelationalDialect.Where([$"{Dialect.Sql.Quote(column.Name)} IS NULL", Filter]);
        long nulls = await _engine.NumberAsync($"SELECT count(*) FROM {relation.From}{where}", cancellationToken).ConfigureAwait(false);
        if (nulls > 0)
        {
            notes.Add($"{Quantity.Of(nulls, "row")} of {relation.Dataset} {(nulls == 1 ? "has" : "have")} no value in {column.Name}, so no place in its order, and "
                + $"{(nulls == 1 ? "is" : "are")} not read. A query can give them one: coalesce({column.Name}, …).");
        }
    }

    private CursorOrder OrderByCursor(Relation relation, Position start)
    {
        RelationColumn column = CursorOf(relation);
        bool merges = _settings.MayRepeat && (!relation.Key.IsEmpty || !_settings.PrimaryKey.IsEmpty);
        var lookback = Lookback.Parse(_options?.Lookback);
        lookback?.ThrowIfUnfit(column);
        if (lookback is not null && !merges)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The lookback reads rows of {relation.Dataset} again, and the target appends: they would be doubled.",
                "Let the rows merge on a key (write_disposition: merge, primary_key), or remove lookback.",
                "source.lookback");
        }

        return new(relation, column, Dialect, CursorPosition.Parse(start, Dialect.Scheme, column.Name), new([.. Bounds(column)], lookback, merges));
    }

    private RelationColumn CursorOf(Relation relation)
    {
        RelationColumn column = relation.Column(_settings.CursorField ?? throw new MillraceException(
            ErrorCodes.InvalidConfiguration, "An incremental read needs a cursor field.", "Set cursor_field to a column that grows with every change, such as updated_at.", "source.cursor_field"),
            "cursor_field");
        return column.CanOrder ? column : throw new MillraceException(
            ErrorCodes.CursorUnusable,
            $"Column {column.Name} of {relation.Dataset} is {column.NativeType}, which cannot order an incremental read.",
            "Name a column of numbers, dates, timestamps or text that grows with every change.",
            "source.cursor_field");
    }

    // A backfill's range of time.
    private IEnumerable<string> Bounds(RelationColumn column)
    {
        if (_settings is { From: null, To: null })
        {
            yield break;
        }

        if (!column.IsDate)
        {
            throw new MillraceException(
                ErrorCodes.CursorUnusable,
                $"The cursor column {column.Name} is {column.NativeType}, and --from and --to need one of dates or timestamps.",
                "Use a task whose cursor_field is a date or a timestamp.",
                "source.cursor_field");
        }

        string name = Dialect.Sql.Quote(column.Name);
        if (_settings.From is { } from)
        {
            yield return $"{name} >= {Dialect.Instant(column, from)}";
        }

        if (_settings.To is { } to)
        {
            yield return $"{name} < {Dialect.Instant(column, to)}";
        }
    }

    private void RefuseRange()
    {
        if (_settings is not { From: null, To: null })
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                "--from and --to read by a cursor column, and this task reads whole copies.",
                "Use replication_method: incremental with a cursor_field of dates or timestamps.",
                "source.replication_method");
        }
    }
}
