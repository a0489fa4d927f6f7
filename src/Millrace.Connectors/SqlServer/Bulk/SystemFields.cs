using System.Text;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>A value that is the same in every row; NULL where there is none.</summary>
internal sealed class ConstantField(object? value) : BulkField
{
    /// <inheritdoc/>
    public override Type ClrType => value?.GetType() ?? typeof(object);

    /// <inheritdoc/>
    public override void Bind(BulkRows rows)
    {
    }

    /// <inheritdoc/>
    public override bool IsNull(int row) => value is null;

    /// <inheritdoc/>
    public override object Boxed(int row) => value!;
}

/// <summary>bigint: the row's number in the load.</summary>
internal sealed class SequenceField : BulkField<long>
{
    private long _first;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _first = rows.FirstSequence;

    /// <inheritdoc/>
    public override bool IsNull(int row) => false;

    /// <inheritdoc/>
    public override long Get(int row) => _first + row;
}

/// <summary>smallint: the row's stage code. There are few, so each is an object once.</summary>
internal sealed class ChangeField : BulkField<short>
{
    private static readonly object[] Codes = [.. Enumerable.Range(0, StageCode.SoftDelete + 1).Select(c => (object)(short)c)];

    private byte[] _codes = [];

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _codes = rows.Codes;

    /// <inheritdoc/>
    public override bool IsNull(int row) => false;

    /// <inheritdoc/>
    public override short Get(int row) => _codes[row];

    /// <inheritdoc/>
    public override object Boxed(int row) => Codes[_codes[row]];
}

/// <summary>bit: true, or NULL.</summary>
internal abstract class MarkField : BulkField<bool>
{
    private static readonly object True = true;

    /// <inheritdoc/>
    public override bool Get(int row) => true;

    /// <inheritdoc/>
    public override object Boxed(int row) => True;
}

/// <summary>bit: true where the row's key came before in the load.</summary>
internal sealed class RepeatField : MarkField
{
    private bool[] _repeats = [];

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _repeats = rows.Repeats;

    /// <inheritdoc/>
    public override bool IsNull(int row) => !_repeats[row];
}

/// <summary>bit: true where a partial row leaves a column unset.</summary>
internal sealed class UnsetField(int tableColumn) : MarkField
{
    private BulkRows _rows = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _rows = rows;

    /// <inheritdoc/>
    public override bool IsNull(int row) => !_rows.IsUnset(row, tableColumn);
}

/// <summary>nvarchar: the row's position.</summary>
internal sealed class PositionField : BulkField<string>
{
    private VarColumn? _positions;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _positions = rows.Batch.RowPositions;

    /// <inheritdoc/>
    public override bool IsNull(int row) => _positions is null || _positions.IsNull(row);

    /// <inheritdoc/>
    public override string Get(int row) => Encoding.UTF8.GetString(_positions![row]);
}

/// <summary>datetimeoffset(6): the source time of the change, cut to microseconds.</summary>
/// <param name="deletesOnly">True where only rows coded as deletes have it.</param>
/// <param name="otherwise">Ticks since 1970 for such a row without a time.</param>
internal sealed class SourceTimeField(bool deletesOnly, long otherwise) : BulkField<DateTimeOffset>
{
    private BulkRows _rows = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _rows = rows;

    /// <inheritdoc/>
    public override bool IsNull(int row) => deletesOnly ? _rows.Codes[row] != StageCode.Delete : !HasTime(row);

    /// <inheritdoc/>
    public override string? Refuse(int row) => IsNull(row) ? null : TimeRange.Refuse(Ticks(row), 1);

    /// <inheritdoc/>
    public override DateTimeOffset Get(int row) => InstantValue.Convert(Ticks(row));

    private bool HasTime(int row) => _rows.Batch.RowTimes is { } times && !times.IsNull(row);

    private long Ticks(int row)
    {
        long ticks = HasTime(row) ? _rows.Batch.RowTimes!.Values[row] : otherwise;
        return ticks - (ticks % TimeSpan.TicksPerMicrosecond);
    }
}
