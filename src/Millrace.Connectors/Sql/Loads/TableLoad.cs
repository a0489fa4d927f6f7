using System.Collections.Immutable;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Merging;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Loads;

/// <summary>How the rows of one table travel in a load.</summary>
internal enum LoadMode
{
    /// <summary>No row came yet.</summary>
    Undecided,

    /// <summary>Straight into the table, inside the load's transaction.</summary>
    Direct,

    /// <summary>Into a TEMP table, merged at the commit.</summary>
    Staged,
}

/// <summary>One target table within one load.</summary>
internal sealed class TableLoad
{
    private TableSchema? _boundSchema;
    private int[] _bound = [];

    /// <summary>Starts a load of <paramref name="stored"/>, which is the target or its shadow.</summary>
    public TableLoad(TableWrite write, StoredTable stored, string stageName)
    {
        StageName = stageName;
        Write = write;
        Stored = stored;
        Refresh(write, stored);
    }

    /// <summary>How it is written.</summary>
    public TableWrite Write { get; private set; }

    /// <summary>The physical table.</summary>
    public StoredTable Stored { get; private set; }

    /// <summary>The data columns that the load fills: those of the request that the table has.</summary>
    public ImmutableArray<StoredColumn> Columns { get; private set; } = [];

    /// <summary>Indexes of the key's columns among <see cref="Columns"/>.</summary>
    public ImmutableArray<int> KeyColumns { get; private set; } = [];

    /// <summary>Name of the stage table, unquoted.</summary>
    public string StageName { get; }

    /// <summary>True where the stage table exists.</summary>
    public bool HasStage { get; set; }

    /// <summary>True while a merge has collected the target's rows that staged keys meet.</summary>
    public bool HasMatches { get; set; }

    /// <summary>How rows travel now. A load may leave <see cref="LoadMode.Direct"/> for <see cref="LoadMode.Staged"/>, never back.</summary>
    public LoadMode Mode { get; set; }

    /// <summary>The open stream, or null.</summary>
    public BulkWriter? Writer { get; set; }

    /// <summary>Columns for which the stage has an unset mark, and the mark's name.</summary>
    public Dictionary<string, string> UnsetMarks { get; } = new(StringComparer.Ordinal);

    /// <summary>Columns found in this load to hold integers beyond ±2^53.</summary>
    public HashSet<string> WideColumns { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows handed to streams in this load; numbers the staged rows.</summary>
    public long Sequence { get; set; }

    /// <summary>Rows that went straight in.</summary>
    public long DirectRows { get; set; }

    /// <summary>Rows in the stage that are not deletes.</summary>
    public long StagedRows { get; set; }

    /// <summary>Deletes in the stage.</summary>
    public long StagedDeletes { get; set; }

    /// <summary>Partial rows in the stage.</summary>
    public long StagedPartials { get; set; }

    /// <summary>Finds the staged rows whose key came before in the load; null where that cannot be told, or is of no use.</summary>
    public RepeatedKeys? Repeats { get; private set; }

    /// <summary>Staged rows whose key came before in the load, where <see cref="Repeats"/> tells.</summary>
    public long StagedRepeats { get; set; }

    /// <summary>The positions of all rows of this load.</summary>
    public PositionRange Positions { get; } = new();

    /// <summary>True where every staged event is known to be later than every row that the table has, so that none can be stale.</summary>
    public bool IsInOrder { get; set; }

    /// <summary>True where the stage holds rows that are coded as soft deletes with their last values.</summary>
    public bool HasSoftRows { get; set; }

    /// <summary>True where the rows that the table has must go before the stage is merged.</summary>
    public bool IsDeleteAllPending { get; set; }

    /// <summary>True where the load's transaction has changed rows of the target before the commit.</summary>
    public bool IsTargetChanged { get; set; }

    /// <summary>True where the target is a copy that the load's transaction made.</summary>
    public bool IsTargetCopied { get; set; }

    /// <summary>Rows deleted by table controls in this load.</summary>
    public long ControlDeletes { get; set; }

    /// <summary>Rows inserted or changed by merges within the load, before its commit.</summary>
    public long MergedRows { get; set; }

    /// <summary>Rows deleted by merges within the load, before its commit.</summary>
    public long MergedDeletes { get; set; }

    /// <summary>The name of the key's unique index, or null where there is none now.</summary>
    public string? KeyIndex { get; set; }

    /// <summary>True where keys that repeated among the rows that went straight in were brought down to one row each.</summary>
    public bool AreKeysSettled { get; set; }

    /// <summary>True where versions are kept.</summary>
    public bool IsScd2 => SystemColumnSet.IsScd2(Write);

    /// <summary>True where soft deletes are marked.</summary>
    public bool HasDeletedAt => SystemColumnSet.HasDeletedAt(Write);

    /// <summary>True where rows meet the table by key.</summary>
    public bool IsKeyed => !Write.Schema.Key.IsEmpty && Write.Disposition != WriteDisposition.Append;

    /// <summary>The key by which events are ordered: the row's, or for children their parent's.</summary>
    public ImmutableArray<string> GuardKey => Write.ParentKey.IsEmpty ? Write.Schema.Key : Write.ParentKey;

    /// <summary>Begins to look for repeated keys among the staged rows, where the merge can use it: where it keeps the last event of a key.</summary>
    public void TrackRepeats()
    {
        if (IsKeyed && !IsScd2 && Write.ParentKey.IsEmpty && Write.Strategy != MergeStrategy.InsertOnly
            && Stored.Note is { IsManaged: true } && RepeatedKeys.CanTell(TypedKey.Select(k => k.Type)))
        {
            Repeats = new();
        }
    }

    /// <summary>Gives memory back; repeated keys are not known from here on.</summary>
    public void ForgetRepeats()
    {
        Repeats?.Dispose();
        Repeats = null;
    }

    /// <summary>Takes over a wider table.</summary>
    public void Refresh(TableWrite write, StoredTable stored)
    {
        (string, LogicalType)[] formerKey = [.. TypedKey];
        Write = write;
        Stored = stored;
        Columns = [.. write.Schema.Columns.Select(c => stored.Find(c.Name)).OfType<StoredColumn>().Where(c => !c.IsGenerated)];
        KeyColumns = [.. write.Schema.Key.Select(IndexOf)];
        KeyIndex = stored.Note?.KeyIndex;
        _boundSchema = null;
        if (Repeats is not null && !TypedKey.SequenceEqual(formerKey))
        {
            ForgetRepeats();
        }
    }

    private IEnumerable<(string Name, LogicalType Type)> TypedKey => KeyColumns.Select(k => (Columns[k].Name, Columns[k].Type));

    /// <summary>Index of a data column, or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Columns.Length; i++)
        {
            if (string.Equals(Columns[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>For each data column the batch's column, or -1.</summary>
    public int[] Bind(RecordBatch batch)
    {
        if (!ReferenceEquals(batch.Schema, _boundSchema))
        {
            _bound = [.. Columns.Select(c => batch.Schema.IndexOf(c.Name))];
            _boundSchema = batch.Schema;
        }

        return _bound;
    }

    /// <summary>The columns of a stream straight into the table.</summary>
    public ImmutableArray<BulkColumn> DirectColumns(WriteRequest request)
    {
        long loadedAt = (request.LoadedAt.UtcDateTime - DateTime.UnixEpoch).Ticks;
        var columns = ImmutableArray.CreateBuilder<BulkColumn>();
        columns.AddRange(DataColumns);
        columns.Add(new(SystemColumns.RunId, LogicalType.Int64, BulkValue.Constant, Constant: request.RunId));
        columns.Add(new(SystemColumns.LoadedAt, LogicalType.TimestampUtc(), BulkValue.Constant, Constant: loadedAt));
        if (Write.IsChangeCapture)
        {
            columns.Add(new(SystemColumns.Position, LogicalType.Text, BulkValue.Position));
            columns.Add(new(SystemColumns.Generation, LogicalType.Int32, BulkValue.Constant, Constant: request.Generation));
        }

        if (HasDeletedAt && Write.Disposition == WriteDisposition.Append)
        {
            columns.Add(new(SystemColumns.DeletedAt, LogicalType.TimestampUtc(), BulkValue.DeletedAt, Constant: loadedAt));
        }

        return columns.ToImmutable();
    }

    private IEnumerable<BulkColumn> DataColumns => Columns.Select((c, i) => new BulkColumn(c.Name, c.Type, BulkValue.Data, i)
    {
        MaxBytes = c.MaxBytes,
        IsKey = IsKeyed && (Write.Schema.Key.Contains(c.Name) || Write.ParentKey.Contains(c.Name)),
    });

    /// <summary>The columns of a stream into the stage.</summary>
    public ImmutableArray<BulkColumn> StageColumns() =>
    [
        new(StageSql.Sequence, LogicalType.Int64, BulkValue.Sequence),
        new(StageSql.Op, LogicalType.Int16, BulkValue.Change),
        new(SystemColumns.Position, LogicalType.Text, BulkValue.Position),
        new(StageSql.Time, LogicalType.TimestampUtc(), BulkValue.Time),
        .. DataColumns,
        .. Repeats is null ? [] : (BulkColumn[])[new(StageSql.Repeat, LogicalType.Boolean, BulkValue.Repeat)],
        .. UnsetMarks.Select(m => new BulkColumn(m.Value, LogicalType.Boolean, BulkValue.Unset, IndexOf(m.Key))),
    ];
}
