namespace Millrace.Connectors.MongoDb.Live;

/// <summary>A place in a deployment's time.</summary>
/// <param name="Time">Seconds in the high 32 bits, increment in the low; 0 where the deployment has no log.</param>
/// <param name="ClusterTime">The <c>$clusterTime</c> that the server sent with it; empty where it sent none.</param>
internal sealed record LiveHead(ulong Time, byte[] ClusterTime)
{
    /// <summary>Of a standalone, which has no log.</summary>
    public static LiveHead None { get; } = new(0, []);
}
