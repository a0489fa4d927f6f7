using System.Runtime.InteropServices;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>Room for a <c>bson_t</c> that the driver fills in. It is filled in whether the call went well or not.</summary>
internal unsafe struct NativeReply : IDisposable
{
    private void* _memory;

    /// <summary>Room for one.</summary>
    public static NativeReply Create() => new() { _memory = NativeMemory.AlignedAlloc(MongocNative.BsonSize, MongocNative.BsonSize) };

    /// <summary>The <c>bson_t*</c>.</summary>
    public readonly nint Handle => (nint)_memory;

    /// <summary>A copy of the document.</summary>
    public readonly byte[] ToArray() => NativeBson.BytesOf(Handle).ToArray();

    /// <summary>Gives back what the driver made, and the room. Only after a call that filled it in.</summary>
    public void Dispose()
    {
        if (_memory is not null)
        {
            MongocNative.bson_destroy(Handle);
            NativeMemory.AlignedFree(_memory);
            _memory = null;
        }
    }
}
