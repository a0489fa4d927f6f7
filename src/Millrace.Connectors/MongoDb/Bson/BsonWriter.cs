using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Writes BSON documents to a growable buffer; lengths of nested documents are filled in when they end. Start each document
/// with <see cref="StartDocument()"/> and end it with <see cref="End"/>; several can follow each other. Not thread-safe.
/// </summary>
/// <remarks>
/// Names are UTF-8 (<c>"name"u8</c>). Directly inside an array a name is not used: the writer writes the index.
/// Texts are taken as they are; they are meant to be UTF-8.
/// </remarks>
public sealed class BsonWriter
{
    private readonly ByteBuffer _output;
    private Frame[] _frames = new Frame[8];
    private int _depth;

    /// <summary>Creates a writer.</summary>
    /// <param name="output">Where the documents go; the caller owns it.</param>
    public BsonWriter(ByteBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>How many documents and arrays are open.</summary>
    public int Depth => _depth;

    /// <summary>Starts a document of its own.</summary>
    public void StartDocument()
    {
        if (_depth != 0)
        {
            throw new InvalidOperationException("A nested document needs a name, or an array around it.");
        }

        Open(isArray: false);
    }

    /// <summary>Starts a nested document.</summary>
    /// <param name="name">The field's name, UTF-8.</param>
    public void StartDocument(ReadOnlySpan<byte> name)
    {
        WriteHeader(BsonType.Document, name);
        Open(isArray: false);
    }

    /// <summary>Starts an array.</summary>
    /// <param name="name">The field's name, UTF-8.</param>
    public void StartArray(ReadOnlySpan<byte> name)
    {
        WriteHeader(BsonType.Array, name);
        Open(isArray: true);
    }

    /// <summary>Ends the innermost document, array or code with scope.</summary>
    public void End()
    {
        if (_depth == 0)
        {
            throw new InvalidOperationException("No document is open.");
        }

        _output.Write(0);
        ref var frame = ref _frames[--_depth];
        BinaryPrimitives.WriteInt32LittleEndian(_output.Patch(frame.Start), _output.Length - frame.Start);
        if (frame.CodeStart >= 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_output.Patch(frame.CodeStart), _output.Length - frame.CodeStart);
        }
    }

    /// <summary>Gives up every open document and what was written of it.</summary>
    public void Abandon()
    {
        if (_depth > 0)
        {
            _output.Length = _frames[0].Start;
            _depth = 0;
        }
    }

    /// <summary>Writes a value whose raw bytes are at hand.</summary>
    /// <param name="name">The field's name, UTF-8.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="value">The bytes as <see cref="BsonReader.Value"/> gives them; not checked.</param>
    public void WriteRaw(ReadOnlySpan<byte> name, BsonType type, ReadOnlySpan<byte> value)
    {
        WriteHeader(type, name);
        _output.Write(value);
    }

    /// <summary>Writes a value whose raw bytes are at hand.</summary>
    public void WriteValue(ReadOnlySpan<byte> name, BsonValue value) => WriteRaw(name, value.Type, value.Bytes);

    /// <summary>Writes a double.</summary>
    public void WriteDouble(ReadOnlySpan<byte> name, double value)
    {
        WriteHeader(BsonType.Double, name);
        BinaryPrimitives.WriteDoubleLittleEndian(_output.Take(sizeof(double)), value);
    }

    /// <summary>Writes a string.</summary>
    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8) => WriteText(BsonType.String, name, utf8);

    /// <summary>Writes a deprecated symbol.</summary>
    public void WriteSymbol(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8) => WriteText(BsonType.Symbol, name, utf8);

    /// <summary>Writes JavaScript source without scope.</summary>
    public void WriteJavaScript(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8) => WriteText(BsonType.JavaScript, name, utf8);

    /// <summary>Writes JavaScript source and starts its scope; <see cref="End"/> ends both.</summary>
    public void StartJavaScriptWithScope(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8)
    {
        WriteHeader(BsonType.JavaScriptWithScope, name);
        var start = _output.Length;
        _output.Take(sizeof(int));
        WriteLengthPrefixed(utf8);
        Open(isArray: false);
        _frames[_depth - 1].CodeStart = start;
    }

    /// <summary>Writes an embedded document from its bytes, envelope included.</summary>
    public void WriteDocument(ReadOnlySpan<byte> name, ReadOnlySpan<byte> document) => WriteRaw(name, BsonType.Document, document);

    /// <summary>Writes bytes with a subtype. The inner length of the old subtype 2 is added here.</summary>
    public void WriteBinary(ReadOnlySpan<byte> name, byte subtype, ReadOnlySpan<byte> value)
    {
        const byte oldGeneric = 0x02;
        WriteHeader(BsonType.Binary, name);
        var inner = subtype == oldGeneric ? sizeof(int) : 0;
        BinaryPrimitives.WriteInt32LittleEndian(_output.Take(sizeof(int)), checked(value.Length + inner));
        _output.Write(subtype);
        if (inner > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_output.Take(sizeof(int)), value.Length);
        }

        _output.Write(value);
    }

    /// <summary>Writes an undefined, deprecated.</summary>
    public void WriteUndefined(ReadOnlySpan<byte> name) => WriteHeader(BsonType.Undefined, name);

    /// <summary>Writes an object id.</summary>
    /// <param name="name">The field's name, UTF-8.</param>
    /// <param name="value">12 bytes.</param>
    public void WriteObjectId(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(value.Length, 12);
        WriteRaw(name, BsonType.ObjectId, value);
    }

    /// <summary>Writes a boolean.</summary>
    public void WriteBoolean(ReadOnlySpan<byte> name, bool value)
    {
        WriteHeader(BsonType.Boolean, name);
        _output.Write(value ? (byte)1 : (byte)0);
    }

    /// <summary>Writes a date.</summary>
    /// <param name="name">The field's name, UTF-8.</param>
    /// <param name="millis">Milliseconds since 1970-01-01T00:00:00Z.</param>
    public void WriteDateTime(ReadOnlySpan<byte> name, long millis)
    {
        WriteHeader(BsonType.DateTime, name);
        BinaryPrimitives.WriteInt64LittleEndian(_output.Take(sizeof(long)), millis);
    }

    /// <summary>Writes a null.</summary>
    public void WriteNull(ReadOnlySpan<byte> name) => WriteHeader(BsonType.Null, name);

    /// <summary>Writes a regular expression. Options are stored in alphabetical order, as the format asks.</summary>
    /// <exception cref="MillraceException">MR1103 when pattern or options hold a NUL.</exception>
    public void WriteRegularExpression(ReadOnlySpan<byte> name, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> options)
    {
        if (pattern.Contains((byte)0) || options.Contains((byte)0))
        {
            BsonThrow.BadName();
        }

        WriteHeader(BsonType.RegularExpression, name);
        _output.Write(pattern);
        _output.Write(0);
        var sorted = _output.Take(options.Length);
        options.CopyTo(sorted);
        sorted.Sort();
        _output.Write(0);
    }

    /// <summary>Writes a deprecated DBPointer.</summary>
    public void WriteDbPointer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> @namespace, ReadOnlySpan<byte> objectId)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(objectId.Length, 12);
        WriteText(BsonType.DbPointer, name, @namespace);
        _output.Write(objectId);
    }

    /// <summary>Writes an int32.</summary>
    public void WriteInt32(ReadOnlySpan<byte> name, int value)
    {
        WriteHeader(BsonType.Int32, name);
        BinaryPrimitives.WriteInt32LittleEndian(_output.Take(sizeof(int)), value);
    }

    /// <summary>Writes a timestamp: seconds in the high 32 bits, increment in the low 32.</summary>
    public void WriteTimestamp(ReadOnlySpan<byte> name, ulong value)
    {
        WriteHeader(BsonType.Timestamp, name);
        BinaryPrimitives.WriteUInt64LittleEndian(_output.Take(sizeof(ulong)), value);
    }

    /// <summary>Writes an int64.</summary>
    public void WriteInt64(ReadOnlySpan<byte> name, long value)
    {
        WriteHeader(BsonType.Int64, name);
        BinaryPrimitives.WriteInt64LittleEndian(_output.Take(sizeof(long)), value);
    }

    /// <summary>Writes a decimal128.</summary>
    public void WriteDecimal128(ReadOnlySpan<byte> name, Decimal128 value)
    {
        WriteHeader(BsonType.Decimal128, name);
        value.Write(_output.Take(Decimal128.Size));
    }

    /// <summary>Writes a MinKey.</summary>
    public void WriteMinKey(ReadOnlySpan<byte> name) => WriteHeader(BsonType.MinKey, name);

    /// <summary>Writes a MaxKey.</summary>
    public void WriteMaxKey(ReadOnlySpan<byte> name) => WriteHeader(BsonType.MaxKey, name);

    private void WriteText(BsonType type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8)
    {
        WriteHeader(type, name);
        WriteLengthPrefixed(utf8);
    }

    private void WriteLengthPrefixed(ReadOnlySpan<byte> utf8)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_output.Take(sizeof(int)), checked(utf8.Length + 1));
        _output.Write(utf8);
        _output.Write(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeader(BsonType type, ReadOnlySpan<byte> name)
    {
        if (_depth == 0)
        {
            throw new InvalidOperationException("Start a document first.");
        }

        ref var frame = ref _frames[_depth - 1];
        _output.Write((byte)type);
        if (frame.NextIndex >= 0)
        {
            WriteIndex(frame.NextIndex++);
            return;
        }

        if (name.Contains((byte)0))
        {
            _output.Length--;
            BsonThrow.BadName();
        }

        var target = _output.Take(name.Length + 1);
        name.CopyTo(target);
        target[^1] = 0;
    }

    private void WriteIndex(int index)
    {
        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(index, digits, out var length);
        digits[length] = 0;
        _output.Write(digits[..(length + 1)]);
    }

    private void Open(bool isArray)
    {
        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, 2 * _depth);
        }

        _frames[_depth++] = new Frame { Start = _output.Length, NextIndex = isArray ? 0 : -1, CodeStart = -1 };
        _output.Take(sizeof(int));
    }

    private struct Frame
    {
        public int Start;

        /// <summary>The index of an array's next element; -1 in a document.</summary>
        public int NextIndex;

        /// <summary>Where the length of the code with scope around this scope stands; -1 elsewhere.</summary>
        public int CodeStart;
    }
}
