using System.Buffers.Binary;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>A field that is the same in every row; NULL where it has no bytes.</summary>
internal sealed class ConstantField(byte[]? value) : CopyField
{
    private readonly byte[] _field = value is null ? [0xFF, 0xFF, 0xFF, 0xFF] : [0, 0, 0, (byte)value.Length, .. value];

    /// <inheritdoc/>
    public override void Bind(BulkRows rows)
    {
    }

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        buffer.Write(_field);
        return null;
    }
}

/// <summary>bigint: the row's number in the load.</summary>
internal sealed class SequenceField : CopyField
{
    private long _first;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _first = rows.FirstSequence;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        Span<byte> field = buffer.Take(sizeof(int) + sizeof(long));
        BinaryPrimitives.WriteInt32BigEndian(field, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(field[sizeof(int)..], _first + row);
        return null;
    }
}

/// <summary>smallint: the row's stage code.</summary>
internal sealed class ChangeField : CopyField
{
    private byte[] _codes = [];

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _codes = rows.Codes;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        buffer.WriteInt32(sizeof(short));
        buffer.WriteInt16(_codes[row]);
        return null;
    }
}

/// <summary>boolean: true where the row's key came before in the load, else NULL.</summary>
internal sealed class RepeatField : CopyField
{
    private bool[] _repeats = [];

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _repeats = rows.Repeats;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        WriteTrueOrNull(buffer, _repeats[row]);
        return null;
    }
}

/// <summary>text: the row's position.</summary>
internal sealed class PositionField : CopyField
{
    private VarColumn? _positions;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _positions = rows.Batch.RowPositions;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_positions is null || _positions.IsNull(row))
        {
            buffer.WriteInt32(Null);
        }
        else
        {
            ReadOnlySpan<byte> position = _positions[row];
            buffer.WriteInt32(position.Length);
            buffer.Write(position);
        }

        return null;
    }
}

/// <summary>timestamptz: the source time of the change, cut to microseconds; NULL where there is none.</summary>
internal sealed class SourceTimeField(bool deletesOnly, long otherwise) : CopyField
{
    private BulkRows _rows = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _rows = rows;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        Column<long>? times = _rows.Batch.RowTimes;
        bool hasTime = times is not null && !times.IsNull(row);
        if (deletesOnly ? _rows.Codes[row] != StageCode.Delete : !hasTime)
        {
            buffer.WriteInt32(Null);
            return null;
        }

        long ticks = hasTime ? times!.Values[row] : otherwise;
        buffer.WriteInt32(sizeof(long));
        return TimestampEncoder.Write(ticks - (ticks % TimeSpan.TicksPerMicrosecond), buffer.Take(sizeof(long)));
    }
}

/// <summary>boolean: whether a partial row leaves a column unset; NULL for whole rows.</summary>
internal sealed class UnsetField(int tableColumn) : CopyField
{
    private BulkRows _rows = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _rows = rows;

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        WriteTrueOrNull(buffer, _rows.IsUnset(row, tableColumn));
        return null;
    }
}
