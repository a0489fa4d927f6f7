using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>What a deployment says of itself.</summary>
/// <param name="SetName">The replica set; null for a standalone or a sharded cluster.</param>
/// <param name="IsSharded">True behind mongos.</param>
/// <param name="WireVersion">The newest wire version: 8 is 4.2, 9 is 4.4, 13 is 5.0, 17 is 6.0, 21 is 7.0.</param>
/// <param name="Version">The server's version, such as 6.0.9; empty where it is not told.</param>
internal sealed record LiveServer(string? SetName, bool IsSharded, int WireVersion, string Version)
{
    private const int Wire42 = 8;
    private const int Wire44 = 9;
    private const int Wire60 = 17;
    private const int Wire70 = 21;

    private const int CommandNotFound = 59;

    /// <summary>True where there is a log of changes.</summary>
    public bool IsReplicated => SetName is not null || IsSharded;

    /// <summary>True where a stream can start after the event that ended another one.</summary>
    public bool HasStartAfter => WireVersion >= Wire42;

    /// <summary>True where a sort may use the disk.</summary>
    public bool HasDiskSort => WireVersion >= Wire44;

    /// <summary>True where an event over 16 MB comes in parts.</summary>
    public bool SplitsLargeEvents => WireVersion >= Wire70
        || (WireVersion >= Wire60 && System.Version.TryParse(Version.Split('-')[0], out Version? version) && version >= new Version(6, 0, 9));

    /// <summary>Asks the server.</summary>
    public static LiveServer Ask(MongoClient client)
    {
        byte[] hello = Hello(client);
        string version;
        try
        {
            version = Documents.Text(client.Run("admin", """{"buildInfo":1}""", "to ask for the server's version"), "version"u8) ?? "";
        }
        catch (MillraceException exception) when (exception.Code.Kind == ErrorKind.Run)
        {
            version = "";
        }

        return new(
            Documents.Text(hello, "setName"u8),
            Documents.Text(hello, "msg"u8) == "isdbgrid",
            (int)(Documents.Integer(hello, "maxWireVersion"u8) ?? 0),
            version);
    }

    /// <summary>The end of the log as it is now: the last change that a majority has.</summary>
    public static LiveHead HeadOf(MongoClient client)
    {
        byte[] hello = Hello(client);
        ReadOnlySpan<byte> clusterTime = Documents.Inner(hello, "$clusterTime"u8);
        ulong majority = Documents.Timestamp(Documents.Inner(Documents.Inner(hello, "lastWrite"u8), "majorityOpTime"u8), "ts"u8);
        ulong operation = Documents.Timestamp(hello, "operationTime"u8);
        ulong time = majority != 0 ? majority : operation != 0 ? operation : Documents.Timestamp(clusterTime, "clusterTime"u8);
        return new(time, clusterTime.ToArray());
    }

    private static byte[] Hello(MongoClient client)
    {
        const string doing = "to learn what the server is";
        try
        {
            return client.Run("admin", """{"hello":1}""", doing);
        }
        catch (MillraceException exception) when (ServerCode.Of(exception) == CommandNotFound)
        {
            return client.Run("admin", """{"isMaster":1}""", doing);
        }
    }
}
