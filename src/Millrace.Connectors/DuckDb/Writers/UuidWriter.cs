using System.Buffers.Binary;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Guid into UUID: a 128-bit number in the order of the text's digits, its first bit flipped so that the signed
/// comparison sorts as the text does.</summary>
internal sealed unsafe class UuidWriter : DuckDbColumnWriter
{
    internal static readonly UuidWriter Instance = new();

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at)
    {
        ReadOnlySpan<Guid> values = ((Column<Guid>)column).Values.Slice(from, count);
        UInt128* target = vector.Data<UInt128>() + at;
        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < values.Length; i++)
        {
            _ = values[i].TryWriteBytes(bytes, bigEndian: true, out _);
            target[i] = BinaryPrimitives.ReadUInt128BigEndian(bytes) ^ (UInt128.One << 127);
        }
    }
}
