using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// A place in a server's log: every change up to a time was read. Printed as <c>mongodb.token/SECONDS.INCREMENT/TOKEN</c> where a change stream read
/// it, the token its resume token's <c>_data</c>; as <c>mongodb.oplog/SECONDS.INCREMENT</c> where the oplog was read, with a second
/// <c>/SECONDS.INCREMENT</c> where a transaction was open that began there. Either way of reading goes on from either; but of what a change
/// stream has read it is not known which transactions were prepared and open there, and where the oplog commits one of those, history is lost (MR1303).
/// </summary>
/// <param name="Time">Seconds in the high 32 bits, increment in the low.</param>
/// <param name="Token">The resume token, or null.</param>
/// <param name="OpenSince">The first entry of the oldest transaction that was open; 0 for none.</param>
internal sealed record LogPosition(ulong Time, byte[]? Token = null, ulong OpenSince = 0)
{
    private const string Form = MongoDbPositions.TokenScheme + "/SSSSSSSS.IIIIIIII/TOKEN or " + MongoDbPositions.OplogScheme + "/SSSSSSSS.IIIIIIII";
    private const int TimeLength = 17;

    /// <summary>Reads a position.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1002: it is none of a log.</exception>
    public static LogPosition Parse(Position position)
    {
        string value = position.Value;
        bool isKnown = position.Scheme is MongoDbPositions.TokenScheme or MongoDbPositions.OplogScheme;
        if (!isKnown || value.Length < TimeLength || !MongoDbPositions.TryParseTimestamp(value.AsSpan(0, TimeLength), out ulong time))
        {
            return MongoDbPositions.Invalid<LogPosition>(position, Form);
        }

        string rest = value.Length > TimeLength && value[TimeLength] == '/' ? value[(TimeLength + 1)..] : "";
        if (position.Scheme == MongoDbPositions.TokenScheme)
        {
            return new(time, rest.Length == 0 ? null : ResumeToken.Parse(rest));
        }

        return new(time, null, MongoDbPositions.TryParseTimestamp(rest, out ulong openSince) ? openSince : 0);
    }

    /// <summary>The position of a change stream.</summary>
    /// <param name="time">Every change up to here was read.</param>
    /// <param name="token">The resume token; empty for none.</param>
    public static Position OfStream(ulong time, ReadOnlySpan<byte> token) => token.IsEmpty
        ? new($"{MongoDbPositions.TokenScheme}/{MongoDbPositions.Oplog(time).Value}")
        : new($"{MongoDbPositions.TokenScheme}/{MongoDbPositions.Oplog(time).Value}/{ResumeToken.Print(token)}");

    /// <summary>The position of an oplog.</summary>
    /// <param name="time">The last entry read.</param>
    /// <param name="openSince">The first entry of the oldest transaction that is open; 0 for none.</param>
    public static Position OfOplog(ulong time, ulong openSince) => openSince == 0
        ? MongoDbPositions.Oplog(time)
        : new($"{MongoDbPositions.Oplog(time)}/{MongoDbPositions.Oplog(openSince).Value}");
}
