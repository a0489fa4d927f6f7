using System.Runtime.InteropServices;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary><c>bson_error_t</c>: 512 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MongocError
{
    private const int MessageBytes = 504;

    /// <summary>Which part of the driver it comes from; <see cref="ServerDomain"/> for the server.</summary>
    internal uint Domain;

    /// <summary>The code within the domain.</summary>
    internal uint Code;

    private fixed byte _message[MessageBytes];

    /// <summary>The domain of errors that the server sent (with version 2 of the error API).</summary>
    internal const uint ServerDomain = 17;

    /// <summary>What went wrong, in the driver's or the server's words.</summary>
    internal string Message
    {
        get
        {
            fixed (byte* text = _message)
            {
                var bytes = new ReadOnlySpan<byte>(text, MessageBytes);
                int end = bytes.IndexOf((byte)0);
                return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
            }
        }
    }
}
