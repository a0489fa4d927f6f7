using System.Collections.Immutable;
using System.Diagnostics;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Engine.Shaping.Nesting;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// The target tables of a run and their shapers, one a dataset, made when its first row comes. <see cref="ShapeAsync"/> is the shaping worker's;
/// while that works, others call only what reads nothing that it changes: <see cref="TargetOf"/>, <see cref="Targets"/> and
/// <see cref="ChildrenAsync"/>.
/// </summary>
internal sealed class TableSet(
    TaskDefinition task, IDestination target, ImmutableArray<string> datasets, ImmutableArray<TableId> loaded, int generation)
{
    private Dictionary<TableId, TableSchema> _samples = [];

    private readonly Dictionary<TableId, TableShaper> _shapers = [];
    private readonly Dictionary<TableId, TableId> _datasetOf = new(new TableIdComparer(target.Naming));
    private readonly Dictionary<TableId, TableId> _targetOf = [];
    private HashSet<TableId>? _reserved;

    /// <summary>The targets of the task's datasets.</summary>
    public IEnumerable<TableId> Targets => datasets.Select(TargetOf);

    /// <summary>The child tables of <see cref="Targets"/> that got rows from this task in any generation.</summary>
    public async Task<ImmutableArray<TableId>> ChildrenAsync(CancellationToken cancellationToken)
    {
        var children = ImmutableArray.CreateBuilder<TableId>();
        foreach (TableId table in Targets.SelectMany(ChildNamesOf).Distinct().Except(Targets))
        {
            TargetTable? existing = await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false);
            if (existing is not null && ChildTable.PathOf(existing.Schema) is not null)
            {
                children.Add(table);
            }
        }

        return children.ToImmutable();
    }

    /// <summary>Looks before anything is read or written whether each of the task's datasets has a table of its own.</summary>
    /// <exception cref="MillraceException">Two of them would go to one.</exception>
    public void ThrowIfAnyShared()
    {
        var datasetOf = new Dictionary<TableId, string>(_datasetOf.Comparer);
        foreach (string dataset in datasets.Distinct(StringComparer.Ordinal))
        {
            TableId table = TargetOf(dataset);
            if (!datasetOf.TryAdd(table, dataset))
            {
                throw Shared(table, datasetOf[table], dataset);
            }
        }
    }

    /// <summary>
    /// Lets the source's sample decide which of a field's types gets the plain column name; called before reading begins. Asked for as long as
    /// rows come from the datasets themselves, so that one run and many decide alike; a log alone adds no fields that a sample knows.
    /// </summary>
    public async Task SampleAsync(ISource source, ReadPlan plan, CancellationToken cancellationToken)
    {
        bool readsDatasets = plan.Partitions.Any(p => p.IsSnapshot || task.Source.Method != ReplicationMethod.ChangeCapture);
        if (readsDatasets)
        {
            IReadOnlyList<TableSchema> described = await source.DescribeAsync(cancellationToken).ConfigureAwait(false);
            _samples = described.ToDictionary(s => s.Table);
        }
    }

    /// <summary>The target table of a dataset.</summary>
    public TableId TargetOf(string dataset) => TargetNames.For(task.Target.Table, dataset, target.Naming);

    /// <summary>The dataset whose rows a target or child table has; null where none of this run's does. For when the shaping worker has ended.</summary>
    public string? DatasetOf(TableId table) => _datasetOf.TryGetValue(table, out TableId dataset) ? dataset.ToString() : null;

    /// <summary>Shapes a batch; takes it over.</summary>
    public async ValueTask<ShapedItem> ShapeAsync(RecordBatch batch, PartitionPlan partition, RunTotals totals, CancellationToken cancellationToken)
    {
        try
        {
            return await ShapeOwnAsync(batch, partition, totals, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private async ValueTask<ShapedItem> ShapeOwnAsync(
        RecordBatch batch, PartitionPlan partition, RunTotals totals, CancellationToken cancellationToken)
    {
        TableId dataset = batch.Schema.Table;
        if (!_targetOf.TryGetValue(dataset, out TableId table))
        {
            _targetOf.Add(dataset, table = TargetOf(dataset.ToString()));
        }

        ImmutableArray<RejectedRow> rejected = batch.Rejected.IsEmpty ? [] : [.. batch.Rejected.Select(r => r with { Table = table })];
        var item = new ShapedItem(partition, [])
        {
            Position = batch.Position,
            Rejected = rejected,
            Rows = batch.RowCount + rejected.Length,
            SourceBytes = batch.SourceBytes,
            SourceTime = batch.SourceTime,
        };
        if (batch.RowCount == 0 && batch.Control == TableControl.None)
        {
            batch.Dispose();
            return item;
        }

        TableShaper shaper = await ShaperOfAsync(dataset, table, cancellationToken).ConfigureAwait(false);
        long started = Stopwatch.GetTimestamp();
        ShapedBatch shaped = await shaper.ShapeAsync(batch).ConfigureAwait(false);
        totals.AddShape(started);
        return item with
        {
            Steps = shaped.Steps,
            Rejected = rejected.AddRange(shaped.Rejected),
            DiscardedRows = shaped.DiscardedRows,
            DiscardedValues = shaped.DiscardedValues,
            NewColumns = shaped.NewColumns,
        };
    }

    /// <summary>
    /// The tables of datasets that have had no row yet and are to be made all the same: somebody will look for them. They get the key's columns
    /// and the system's; the others come with the first row.
    /// </summary>
    public async Task<ImmutableArray<TableWrite>> WithoutRowsAsync(ISource source, CancellationToken cancellationToken)
    {
        var missing = new HashSet<TableId>();
        foreach (TableId table in Targets.Except(loaded).Except(_datasetOf.Keys))
        {
            if (await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is null)
            {
                missing.Add(table);
            }
        }

        if (missing.Count == 0 || task.Contract.Tables != ContractMode.Evolve)
        {
            return [];
        }

        var writes = ImmutableArray.CreateBuilder<TableWrite>();
        foreach (TableSchema described in await source.DescribeAsync(cancellationToken).ConfigureAwait(false))
        {
            // Where a source cannot say what the key is made of, the dataset is none that has rows of its own.
            TableId table = TargetOf(described.Table.ToString());
            bool isKnown = described.IsDeclared || !described.Key.IsEmpty && described.Key.All(k => described.Columns.Any(c => c.Name == k));
            if (isKnown && missing.Remove(table))
            {
                TableShaper shaper = await ShaperOfAsync(described.Table, table, cancellationToken).ConfigureAwait(false);
                writes.Add(shaper.WithoutRows(described));
            }
        }

        return writes.ToImmutable();
    }

    /// <summary>How the datasets' tables that have rows already will be written, as far as that can be said before the first row.</summary>
    public async Task<ImmutableArray<TableWrite>> BeforeRowsAsync(CancellationToken cancellationToken)
    {
        var writes = ImmutableArray.CreateBuilder<TableWrite>();
        foreach (string dataset in datasets)
        {
            TableId table = TargetOf(dataset);
            if (await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is { IsEmpty: false } there)
            {
                var settings = new ShaperSettings(task, table, target.Naming, target.Fit, id => new(id == table ? there : null));
                TableShaper shaper = await TableShaper.CreateAsync(settings).ConfigureAwait(false);
                writes.Add(shaper.BeforeRows(_samples.GetValueOrDefault(TableId.Parse(dataset))));
            }
        }

        return writes.ToImmutable();
    }

    private async ValueTask<TableShaper> ShaperOfAsync(TableId dataset, TableId table, CancellationToken cancellationToken)
    {
        if (_shapers.TryGetValue(dataset, out TableShaper? shaper))
        {
            return shaper;
        }

        await ThrowIfSharedAsync(table, dataset, cancellationToken).ConfigureAwait(false);
        var settings = new ShaperSettings(task, table, target.Naming, target.Fit, id => target.DescribeFilledAsync(id, generation, cancellationToken))
        {
            ChildTables = [.. ChildNamesOf(table)],
            Sample = _samples.GetValueOrDefault(dataset),
            MaxKeyBytes = target.MaxKeyBytes,
            TryClaim = child => TryClaim(child, dataset),
        };
        shaper = await TableShaper.CreateAsync(settings).ConfigureAwait(false);
        _shapers.Add(dataset, shaper);
        return shaper;
    }

    // By name they may be children; whether they are is for their columns to say.
    private IEnumerable<TableId> ChildNamesOf(TableId table) =>
        loaded.Where(t => t.Schema == table.Schema && t.Name.StartsWith(table.Name + "__", StringComparison.Ordinal));

    // A dataset that the log brings later is met only here. Its table may be the one of another dataset, or of another dataset's array.
    private async ValueTask ThrowIfSharedAsync(TableId table, TableId dataset, CancellationToken cancellationToken)
    {
        if (!_datasetOf.TryAdd(table, dataset))
        {
            throw Shared(table, _datasetOf[table].ToString(), dataset.ToString());
        }

        if (task.Nested.Mode == NestedMode.ChildTables
            && await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is { IsManaged: true } there
            && ChildTable.PathOf(there.Schema) is { } array)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"Task {task.Key}: dataset {dataset} would go to table {table}, which holds the elements of another dataset's array '{array}'.",
                $"Exclude {dataset} and give it a task of its own with another table name.",
                "target.table");
        }
    }

    private bool TryClaim(TableId child, TableId dataset)
    {
        _reserved ??= new(Targets, _datasetOf.Comparer);
        return !_reserved.Contains(child) && (_datasetOf.TryAdd(child, dataset) || _datasetOf[child] == dataset);
    }

    private MillraceException Shared(TableId table, string first, string second) => new(
        ErrorCodes.InvalidConfiguration,
        $"Task {task.Key}: datasets {first} and {second} would both go to table {table}"
            + (target.Naming.IgnoresCase ? ", for table names ignore case here." : "."),
        "Exclude one of them and give it a task of its own with another table name.",
        "target.table");
}
