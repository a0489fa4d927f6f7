using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>A <c>bson_t</c> of our own: a copy of a document that the driver is given.</summary>
internal readonly unsafe struct NativeBson : IDisposable
{
    private NativeBson(nint handle) => Handle = handle;

    /// <summary>The <c>bson_t*</c>; 0 for none.</summary>
    public nint Handle { get; }

    /// <summary>Copies a document.</summary>
    public static NativeBson Of(ReadOnlySpan<byte> document)
    {
        fixed (byte* data = document)
        {
            nint handle = MongocNative.bson_new_from_data(data, (nuint)document.Length);
            return handle != 0
                ? new(handle)
                : throw new MillraceException(ErrorCodes.Internal, "A command to MongoDB is not valid BSON.", "Please report it.");
        }
    }

    /// <summary>The bytes of a <c>bson_t</c>, where they are.</summary>
    public static ReadOnlySpan<byte> BytesOf(nint bson)
    {
        byte* data = MongocNative.bson_get_data(bson);
        return new(data, *(int*)data);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Handle != 0)
        {
            MongocNative.bson_destroy(Handle);
        }
    }
}
