using System.Runtime.InteropServices;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A connection; closing it rolls its open transaction back.</summary>
internal sealed class DuckDbConnectionHandle : SafeHandle
{
    public DuckDbConnectionHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override unsafe bool ReleaseHandle()
    {
        nint released = handle;
        DuckDbNative.duckdb_disconnect(&released);
        return true;
    }
}
