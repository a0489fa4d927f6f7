using System.Runtime.InteropServices;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>An appender. Releasing it throws away what was not flushed.</summary>
internal sealed class DuckDbAppenderHandle : SafeHandle
{
    public DuckDbAppenderHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override unsafe bool ReleaseHandle()
    {
        // Destroying an appender flushes it first, which must not happen in a session that rolls back.
        nint released = handle;
        _ = DuckDbNative.duckdb_appender_clear(released);
        _ = DuckDbNative.duckdb_appender_destroy(&released);
        return true;
    }
}
