using System.Collections.Immutable;
using System.IO.Enumeration;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>A connection to files: its options with paths made absolute.</summary>
/// <param name="DumpPath">The dump.</param>
/// <param name="OplogPatterns">Further oplog files or patterns.</param>
/// <param name="Database">The default database, or null.</param>
/// <param name="Continuity">How gaps are recognised.</param>
internal sealed record DumpConnection(string DumpPath, ImmutableArray<string> OplogPatterns, string? Database, LogContinuity Continuity)
{
    /// <summary>Checks the options.</summary>
    /// <exception cref="MillraceException">MR1002: there is no dump.</exception>
    public static DumpConnection From(ConnectionSettings connection)
    {
        var options = (MongoDbOptions)connection.Options;
        if (string.IsNullOrEmpty(options.Dump))
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The connection '{connection.Name}' names neither a server nor a dump.",
                "Set uri: to a server's connection string, or dump: to the folder that mongodump wrote or the file of mongodump --archive.",
                $"connections.{connection.Name}.dump");
        }

        ImmutableArray<string> patterns = options.Oplog.IsDefault ? [] : options.Oplog;
        return new(
            Path.GetFullPath(options.Dump, connection.BasePath),
            [.. patterns.Select(p => Path.GetFullPath(p, connection.BasePath))],
            string.IsNullOrEmpty(options.Database) ? null : options.Database,
            options.LogContinuity);
    }

    /// <summary>Opens the dump.</summary>
    public Dump OpenDump() => Dump.Open(DumpPath);

    /// <summary>The further oplog files that there are now. A pattern may match nothing yet; a plain path must exist.</summary>
    public IEnumerable<string> OplogPaths()
    {
        foreach (string pattern in OplogPatterns)
        {
            string name = Path.GetFileName(pattern);
            string folder = Path.GetDirectoryName(pattern) ?? pattern;
            if (!DatasetSelector.IsPattern(name))
            {
                yield return pattern;
                continue;
            }

            if (Directory.Exists(folder))
            {
                foreach (string file in Directory.EnumerateFiles(folder).Where(f => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(f), false)))
                {
                    yield return file;
                }
            }
        }
    }
}
