using System.Runtime.InteropServices;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A database; connections keep it alive until they are closed too.</summary>
internal sealed class DuckDbDatabaseHandle : SafeHandle
{
    public DuckDbDatabaseHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override unsafe bool ReleaseHandle()
    {
        nint released = handle;
        DuckDbNative.duckdb_close(&released);
        return true;
    }
}
