using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Millrace.Ground;

/// <summary>
/// Tells what is allocated, by type: the runtime speaks up about every 100 KB and names the object that crossed the line, so that shares
/// of many megabytes are right and small ones are luck.
/// </summary>
internal sealed class AllocationSampler : EventListener
{
    private const EventKeywords Gc = (EventKeywords)0x1;
    private readonly ConcurrentDictionary<string, long> _bytes = new(StringComparer.Ordinal);

    /// <summary>The types that took most, with their bytes.</summary>
    public IEnumerable<(string Type, long Bytes)> Top(int count) =>
        _bytes.OrderByDescending(t => t.Value).Take(count).Select(t => (t.Key, t.Value));

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Gc);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is { } name && name.StartsWith("GCAllocationTick", StringComparison.Ordinal)
            && eventData.Payload is { } payload && eventData.PayloadNames is { } names)
        {
            string type = (string)payload[names.IndexOf("TypeName")]!;
            long bytes = Convert.ToInt64(payload[names.IndexOf("AllocationAmount64")], System.Globalization.CultureInfo.InvariantCulture);
            _bytes.AddOrUpdate(type, bytes, (_, sum) => sum + bytes);
        }
    }
}
