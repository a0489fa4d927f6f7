namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>Where a change stream begins.</summary>
/// <param name="Token">After this token; null for none.</param>
/// <param name="Time">With the events of this time, where there is no token; 0 for now.</param>
internal sealed record StreamStart(byte[]? Token, ulong Time)
{
    /// <summary>With the events that come from now on.</summary>
    public static StreamStart Now { get; } = new(null, 0);
}
