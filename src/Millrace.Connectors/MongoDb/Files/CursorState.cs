using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>
/// The watermark of an incremental read, and how far the file that is being read has been read. A dump is not in the order of its cursor
/// field, so the watermark moves only when a file has been read to its end; until then the highest value so far travels in the position.
/// Documents at the watermark itself are told apart by hashes of their ids: ties are neither lost nor read twice.
/// </summary>
internal sealed class CursorState : IDisposable
{
    /// <summary>
    /// Ids remembered at one value, eight bytes each in the position. Beyond it ties are read again, which a merge does not notice; a target
    /// that appends is not given what may be there already: <see cref="Take"/> fails.
    /// </summary>
    internal const int MostTies = 100_000;

    /// <summary>How the name of an incremental read's partition begins; the collection's full name follows.</summary>
    internal const string PartitionPrefix = "cursor:";

    private const string Beginning = "start";

    private readonly BsonPath _path;
    private readonly ByteBuffer _low = new();
    private readonly ByteBuffer _high = new();
    private readonly ByteBuffer _key = new();
    private readonly BsonWriter _highWriter;
    private readonly HashSet<long> _lowTies = [];
    private readonly HashSet<long> _highTies = [];
    private readonly string _cursorField;
    private readonly bool _mayRepeat;
    private readonly bool _isOrdered;
    private bool _lowHasMore;
    private bool _highHasMore;
    private bool _lowHasBare;     // documents without a value were taken from earlier files
    private bool _hasBare;        // or from this one
    private long _tie;
    private bool _mayBeTaken;

    private CursorState(string cursorField, bool mayRepeat, bool isOrdered)
    {
        _isOrdered = isOrdered;
        _cursorField = cursorField;
        _mayRepeat = mayRepeat;
        _path = new(cursorField);
        _highWriter = new(_high);
    }

    /// <summary>The fingerprint of the file that was read last; empty at the beginning.</summary>
    public string File { get; private set; } = "";

    /// <summary>Where reading it goes on.</summary>
    public long Offset { get; private set; }

    /// <summary>True when the file was read to its end.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Where a task without a checkpoint starts.</summary>
    public static Position Start { get; } = new($"{MongoDbPositions.CursorScheme}/{Beginning}");

    /// <summary>The path of a task's cursor field.</summary>
    /// <exception cref="MillraceException">MR1002: it has none.</exception>
    public static string FieldOf(SourceSettings settings) => settings.CursorField ?? throw new MillraceException(
        ErrorCodes.InvalidConfiguration,
        "An incremental read of a collection needs a cursor field.",
        "Set cursor_field: to a field that grows with every insert and update, such as updated_at.",
        "cursor_field");

    /// <summary>Reads a position.</summary>
    /// <param name="position">The position.</param>
    /// <param name="cursorField">The path of the cursor field.</param>
    /// <param name="mayRepeat">True where a document that is read a second time does no harm.</param>
    /// <param name="isOrdered">
    /// True where documents come in the order of the cursor field. Then the watermark is true after every document, and one without a value is at
    /// the null that begins the order.
    /// </param>
    /// <exception cref="MillraceException">MR1002: it is none of this kind.</exception>
    public static CursorState Parse(Position position, string cursorField, bool mayRepeat, bool isOrdered = false)
    {
        var state = new CursorState(cursorField, mayRepeat, isOrdered);
        if (position == Start)
        {
            return state;
        }

        try
        {
            state.Read(ExtendedJsonReader.ReadDocument(position.Value));
            return state;
        }
        catch (MillraceException exception)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"'{position}' is not a position of an incremental read.",
                "Write it as `millrace checkpoints list` prints it, or reset the task's checkpoints.",
                inner: exception);
        }
    }

    /// <summary>Turns to a file: the same one goes on where it was, another one starts at its beginning with the watermark raised.</summary>
    public void Open(string fingerprint)
    {
        if (File != fingerprint || IsDone)
        {
            _low.Clear();
            _low.Write(_high.WrittenSpan);
            _lowTies.Clear();
            _lowTies.UnionWith(_highTies);
            _lowHasMore = _highHasMore;
            _lowHasBare = _hasBare;
            Offset = 0;
        }

        File = fingerprint;
        IsDone = false;
    }

    /// <summary>A document whose one field is the watermark that reading began at; empty before the first value.</summary>
    public ReadOnlySpan<byte> Watermark => _low.WrittenSpan;

    /// <summary>True where a document is at or after the watermark and was not taken before; <see cref="Take"/> then takes it.</summary>
    public bool IsNew(ReadOnlySpan<byte> document)
    {
        if (!TryFindValue(document, out BsonValue value))
        {
            // Without a value it has no place in the order: it is read once, before there is a watermark.
            _mayBeTaken = _lowHasBare;
            return _low.Length == 0;
        }

        _tie = HashOfId(document);
        int order = _low.Length == 0 ? 1 : BsonCompare.Compare(value, ValueIn(_low));
        _mayBeTaken = order == 0 && _lowHasMore;
        return order > 0 || (order == 0 && !_lowTies.Contains(_tie));
    }

    /// <summary>Raises the watermark to the document that <see cref="IsNew"/> was asked of last.</summary>
    /// <exception cref="MillraceException">MR1002: it may have been taken before, and the target appends.</exception>
    public void Take(ReadOnlySpan<byte> document)
    {
        bool hasValue = TryFindValue(document, out BsonValue value);
        if (_mayBeTaken && !_mayRepeat)
        {
            throw hasValue ? TooManyTies() : NoValues();
        }

        if (hasValue)
        {
            Raise(value, _tie);
        }
        else
        {
            _hasBare = true;
        }
    }

    /// <summary>The position after what was read.</summary>
    public Position At(long offset, bool isDone)
    {
        using var bytes = new ByteBuffer();
        var writer = new BsonWriter(bytes);
        writer.StartDocument();
        WriteValue(writer, "high"u8, _high);
        WriteTies(writer, "ties"u8, _highTies, "more"u8, _highHasMore);
        WriteFlag(writer, "bare"u8, _hasBare);
        writer.WriteString("file"u8, Encoding.UTF8.GetBytes(File));
        if (!isDone)
        {
            writer.WriteInt64("at"u8, offset);
            WriteValue(writer, "low"u8, _low);
            WriteTies(writer, "lowTies"u8, _lowTies, "lowMore"u8, _lowHasMore);
            WriteFlag(writer, "lowBare"u8, _lowHasBare);
        }

        writer.End();
        using var json = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(bytes.WrittenSpan, json, ExtendedJsonMode.Canonical);
        return new($"{MongoDbPositions.CursorScheme}/{Encoding.UTF8.GetString(json.WrittenSpan)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _low.Dispose();
        _high.Dispose();
        _key.Dispose();
    }

    private static BsonValue ValueIn(ByteBuffer buffer)
    {
        var reader = new BsonReader(buffer.WrittenSpan);
        reader.Next();
        return reader.Current;
    }

    private static void WriteValue(BsonWriter writer, ReadOnlySpan<byte> name, ByteBuffer value)
    {
        if (value.Length > 0)
        {
            writer.WriteValue(name, ValueIn(value));
        }
    }

    // In order, so that equal states are equal texts.
    private static void WriteTies(BsonWriter writer, ReadOnlySpan<byte> name, HashSet<long> ties, ReadOnlySpan<byte> moreName, bool hasMore)
    {
        if (ties.Count > 0)
        {
            long[] ordered = [.. ties.Order()];
            writer.WriteBinary(name, 0, MemoryMarshal.AsBytes<long>(ordered));
        }

        WriteFlag(writer, moreName, hasMore);
    }

    private static void WriteFlag(BsonWriter writer, ReadOnlySpan<byte> name, bool value)
    {
        if (value)
        {
            writer.WriteBoolean(name, true);
        }
    }

    private bool TryFindValue(ReadOnlySpan<byte> document, out BsonValue value)
    {
        if (_path.TryFind(document, out value) && value.Type is not (BsonType.Null or BsonType.Undefined))
        {
            return true;
        }

        value = new(BsonType.Null, default);
        return _isOrdered;
    }

    private void Raise(BsonValue value, long tie)
    {
        int order = _high.Length == 0 ? 1 : BsonCompare.Compare(value, ValueIn(_high));
        if (order < 0)
        {
            return;
        }

        if (order > 0)
        {
            _high.Clear();
            _highWriter.StartDocument();
            _highWriter.WriteValue("v"u8, value);
            _highWriter.End();
            _highTies.Clear();
            _highHasMore = false;
        }

        if (_highTies.Count < MostTies)
        {
            _highTies.Add(tie);
        }
        else
        {
            _highHasMore |= !_highTies.Contains(tie);
        }
    }

    private long HashOfId(ReadOnlySpan<byte> document)
    {
        var fields = new BsonReader(document);
        if (!fields.Find("_id"u8))
        {
            return 0;
        }

        ImageKey.Write(fields.Current, _key);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_key.WrittenSpan, hash);
        return BitConverter.ToInt64(hash);
    }

    private void Read(byte[] document)
    {
        IsDone = true;
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            TakeField(reader);
        }
    }

    private void TakeField(BsonReader field)
    {
        ReadOnlySpan<byte> name = field.Name;
        if (name.SequenceEqual("high"u8))
        {
            ReadValue(field.Current, _high);
        }
        else if (name.SequenceEqual("low"u8))
        {
            ReadValue(field.Current, _low);
        }
        else if (name.SequenceEqual("ties"u8))
        {
            ReadTies(field.GetBinary(out _), _highTies);
        }
        else if (name.SequenceEqual("lowTies"u8))
        {
            ReadTies(field.GetBinary(out _), _lowTies);
        }
        else if (name.SequenceEqual("more"u8))
        {
            _highHasMore = field.GetBoolean();
        }
        else if (name.SequenceEqual("lowMore"u8))
        {
            _lowHasMore = field.GetBoolean();
        }
        else if (name.SequenceEqual("bare"u8))
        {
            _hasBare = field.GetBoolean();
        }
        else if (name.SequenceEqual("lowBare"u8))
        {
            _lowHasBare = field.GetBoolean();
        }
        else if (name.SequenceEqual("file"u8))
        {
            File = Encoding.UTF8.GetString(field.GetString());
        }
        else if (name.SequenceEqual("at"u8))
        {
            Offset = field.GetInt64();
            IsDone = false;
        }
    }

    private static void ReadValue(BsonValue value, ByteBuffer target)
    {
        target.Clear();
        var writer = new BsonWriter(target);
        writer.StartDocument();
        writer.WriteValue("v"u8, value);
        writer.End();
    }

    private static void ReadTies(ReadOnlySpan<byte> hashes, HashSet<long> ties)
    {
        for (; hashes.Length >= sizeof(long); hashes = hashes[sizeof(long)..])
        {
            ties.Add(MemoryMarshal.Read<long>(hashes));
        }
    }

    private MillraceException NoValues() => new(
        ErrorCodes.InvalidConfiguration,
        $"No document that was loaded has a value of the cursor field '{_cursorField}', and there are documents without one again: which of them are loaded "
        + "already is not known, and appending them again would double rows.",
        "See that cursor_field is written as the documents have it, or let rows merge on a key (write_disposition: merge).",
        "cursor_field");

    private MillraceException TooManyTies() => new(
        ErrorCodes.InvalidConfiguration,
        $"More than {Quantity.Of(MostTies, "document")} have one value of the cursor field '{_cursorField}', the highest that was read: which of them are loaded "
        + "already is not known, and appending them again would double rows.",
        "Choose a finer cursor_field, such as a time with milliseconds, or let rows merge on a key (write_disposition: merge).",
        "cursor_field");
}
