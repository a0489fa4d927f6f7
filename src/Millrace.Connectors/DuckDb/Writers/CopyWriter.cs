using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Values whose form is the same on both sides.</summary>
internal sealed unsafe class CopyWriter<T> : DuckDbColumnWriter
    where T : unmanaged
{
    internal static readonly CopyWriter<T> Instance = new();

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at) =>
        ((Column<T>)column).Values.Slice(from, count).CopyTo(new Span<T>(vector.Data<T>() + at, count));
}
