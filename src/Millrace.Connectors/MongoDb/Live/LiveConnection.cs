using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>A connection to a live server: its options, checked.</summary>
/// <param name="Name">The connection's name in the project.</param>
/// <param name="Uri">The connection string; a secret.</param>
/// <param name="Database">The default database, or null.</param>
/// <param name="Capture">How changes are followed.</param>
/// <param name="UpdateImages">Where documents after an update come from.</param>
internal sealed record LiveConnection(string Name, string Uri, string? Database, MongoDbCapture Capture, MongoDbUpdateImages UpdateImages)
{
    /// <summary>True where a connection names a server and not files.</summary>
    public static bool IsLive(ConnectionSettings connection) => !string.IsNullOrEmpty(((MongoDbOptions)connection.Options).Uri);

    /// <summary>Checks the options.</summary>
    /// <exception cref="MillraceException">MR1002: they contradict each other.</exception>
    public static LiveConnection From(ConnectionSettings connection)
    {
        var options = (MongoDbOptions)connection.Options;
        string at = $"connections.{connection.Name}";
        if (!string.IsNullOrEmpty(options.Dump) || !options.Oplog.IsDefaultOrEmpty)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The connection '{connection.Name}' names a server (uri) and files (dump, oplog).",
                "Keep uri for the server, or dump and oplog for the files; make two connections where both are wanted.",
                $"{at}.uri");
        }

        if (options.Capture == MongoDbCapture.Oplog && options.UpdateImages != MongoDbUpdateImages.Lookup)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The connection '{connection.Name}' asks for post-images, and the oplog has none.",
                "Set update_images: lookup, or capture: change_streams.",
                $"{at}.update_images");
        }

        return new(connection.Name, options.Uri!, string.IsNullOrEmpty(options.Database) ? null : options.Database, options.Capture, options.UpdateImages);
    }

    /// <summary>Opens a pool of clients; connects to nothing yet.</summary>
    public MongoPool Open() => MongoPool.Open(Name, Uri);

    /// <summary>The names alone: the connection string is a secret.</summary>
    public override string ToString() => $"connection {Name}";
}
