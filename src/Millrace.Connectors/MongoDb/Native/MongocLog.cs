using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// Where the driver's own log goes: to the event source <c>Millrace-MongoDb</c> (<c>dotnet-trace</c> and event listeners see it), and never to
/// the terminal, where it would stand between Millrace's lines. What matters of it comes back as errors of the calls.
/// </summary>
[EventSource(Name = "Millrace-MongoDb")]
internal sealed unsafe class MongocLog : EventSource
{
    private static readonly MongocLog Instance = new();

    private MongocLog()
    {
    }

    /// <summary>Takes the driver's log over.</summary>
    [NonEvent]
    internal static void Route() => MongocNative.mongoc_log_set_handler(&Receive, null);

    /// <summary>One line of the log.</summary>
    /// <param name="level">0 error, 1 critical, 2 warning, 3 message, 4 info, 5 debug, 6 trace.</param>
    /// <param name="domain">The part of the driver.</param>
    /// <param name="message">What it says.</param>
    [Event(1, Level = EventLevel.Warning)]
    public void Line(int level, string domain, string message) => WriteEvent(1, level, domain, message);

    // Called on any thread, and must let no exception out.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Receive(int level, byte* domain, byte* message, void* userData)
    {
        if (Instance.IsEnabled())
        {
            Instance.Line(level, Marshal.PtrToStringUTF8((nint)domain) ?? "", Marshal.PtrToStringUTF8((nint)message) ?? "");
        }
    }
}
