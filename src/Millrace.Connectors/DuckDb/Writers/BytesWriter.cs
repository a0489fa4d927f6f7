using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Text and JSON into VARCHAR, bytes into BLOB. Short values are written into the vector; for longer ones the vector
/// points into the column's buffer, which DuckDB copies when the chunk is appended. NUL is a character like any other.</summary>
internal sealed unsafe class BytesWriter : DuckDbColumnWriter
{
    internal static readonly BytesWriter Text = new(isText: true);

    internal static readonly BytesWriter Blob = new(isText: false);

    private readonly bool _isText;

    private BytesWriter(bool isText) => _isText = isText;

    internal override string Refusal => "the text is not valid UTF-8";

    internal override int FirstRefused(Column column, int from, int to)
    {
        if (!_isText)
            return -1;
        VarColumn values = (VarColumn)column;
        for (int row = from; row < to; row++)
        {
            if (!Utf8.IsValid(values[row]))
                return row;
        }

        return -1;
    }

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at)
    {
        VarColumn values = (VarColumn)column;
        DuckDbString* target = vector.Data<DuckDbString>() + at;
        for (int i = 0; i < count; i++)
            Write(values[from + i], target + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ReadOnlySpan<byte> value, DuckDbString* target)
    {
        *target = default;
        target->Length = (uint)value.Length;
        if (value.Length <= DuckDbString.InlineLength)
        {
            value.CopyTo(new Span<byte>(target->Inlined, DuckDbString.InlineLength));
            return;
        }

        // The caller has pinned the buffer, so the address stays good.
        byte* address = (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in value.GetPinnableReference()));
        target->Prefix = Unsafe.ReadUnaligned<uint>(address);
        target->Pointer = address;
    }
}
