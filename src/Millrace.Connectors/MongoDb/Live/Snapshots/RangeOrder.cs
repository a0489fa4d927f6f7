using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>A range of ids in the order of the index on <c>_id</c>.</summary>
internal sealed class RangeOrder : FindOrder
{
    private readonly PartitionPlan _partition;
    private readonly RangePosition _range;
    private readonly ByteBuffer _after = new();
    private readonly BsonWriter _writer;

    public RangeOrder(PartitionPlan partition)
    {
        _partition = partition;
        _range = RangePosition.Parse(partition.Start);
        _writer = new(_after);
        _after.Write(_range.After ?? []);
    }

    /// <inheritdoc/>
    public override bool CanGoOn => true;

    /// <inheritdoc/>
    public override byte[]? Filter() => null;

    private ReadOnlySpan<byte> Least => _after.Length > 0 ? _after.WrittenSpan : _range.From;

    // min and max are bounds in the index and so know the order of types, which comparisons in a filter do not cross.
    /// <inheritdoc/>
    public override void WriteOptions(BsonWriter options)
    {
        WriteOrder(options, "sort"u8);
        ReadOnlySpan<byte> least = Least;
        if (!least.IsEmpty || _range.To is not null)
        {
            WriteOrder(options, "hint"u8);
        }

        if (!least.IsEmpty)
        {
            options.WriteDocument("min"u8, least);
        }

        if (_range.To is { } to)
        {
            options.WriteDocument("max"u8, to);
        }
    }

    /// <inheritdoc/>
    public override bool BeginsWithin(ReadOnlySpan<byte> document) => SignOf(document, Least) >= 0;

    /// <inheritdoc/>
    public override bool EndsWithin() => _range.To is not { } to || _after.Length == 0 || SignOf(_after.WrittenSpan, to) <= 0;

    // The least id of the range is read again where reading goes on at it.
    /// <inheritdoc/>
    public override bool IsNew(ReadOnlySpan<byte> document)
    {
        if (_after.Length == 0)
        {
            return true;
        }

        var last = new BsonReader(_after.WrittenSpan);
        var reader = new BsonReader(document);
        return !reader.Find("_id"u8) || !last.Next() || BsonCompare.Compare(reader.Current, last.Current) != 0;
    }

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<byte> document)
    {
        var reader = new BsonReader(document);
        if (reader.Find("_id"u8))
        {
            _after.Clear();
            _writer.StartDocument();
            _writer.WriteValue("_id"u8, reader.Current);
            _writer.End();
        }
    }

    /// <inheritdoc/>
    public override Position? At(bool atEnd) => atEnd ? _range.End.Position : _after.Length == 0 ? _partition.Start : _range.At(_after.WrittenSpan);

    /// <inheritdoc/>
    public override void Dispose() => _after.Dispose();

    /// <summary>How two documents' ids stand; 0 where they are texts or hold some, for then the collection's collation orders them.</summary>
    private static int SignOf(ReadOnlySpan<byte> document, ReadOnlySpan<byte> other)
    {
        if (other.IsEmpty)
        {
            return 0;
        }

        var left = new BsonReader(document);
        var right = new BsonReader(other);
        if (!left.Find("_id"u8) || !right.Find("_id"u8))
        {
            return 0;
        }

        bool isCollated = left.Type is BsonType.String or BsonType.Symbol or BsonType.Document
            && BsonCompare.KindRank(left.Type) == BsonCompare.KindRank(right.Type);
        return isCollated ? 0 : BsonCompare.Compare(left.Current, right.Current);
    }

    private static void WriteOrder(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        writer.StartDocument(name);
        writer.WriteInt32("_id"u8, 1);
        writer.End();
    }
}
