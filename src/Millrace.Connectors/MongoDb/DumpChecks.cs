using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Config;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb;

/// <summary>Tries a connection to files: each thing that could be wrong is a finding of its own.</summary>
internal static class DumpChecks
{
    /// <summary>Runs the checks.</summary>
    public static IReadOnlyList<CheckFinding> Run(DumpConnection connection, CancellationToken cancellationToken)
    {
        var findings = new List<CheckFinding>();
        Dump? dump = null;
        Finding.Add(findings, $"dump {connection.DumpPath}", () =>
        {
            dump = connection.OpenDump();
            return $"{Quantity.Of(dump.Collections.Length, "collection")}{(dump.Oplog is null ? ", no oplog" : ", with oplog")}";
        });
        if (dump is not null)
        {
            CheckCollections(findings, dump, cancellationToken);
            CheckOplog(findings, connection, dump, cancellationToken);
        }

        return findings;
    }

    private static void CheckCollections(List<CheckFinding> findings, Dump dump, CancellationToken cancellationToken)
    {
        foreach (DumpedCollection collection in dump.Collections)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (collection.Documents is { } file)
            {
                Finding.Add(findings, $"collection {collection.Name}", () => ReadFirst(file));
            }
        }
    }

    private static void CheckOplog(List<CheckFinding> findings, DumpConnection connection, Dump dump, CancellationToken cancellationToken) =>
        Finding.Add(findings, "oplog", () =>
        {
            OplogChain chain = OplogChain.Open(connection, dump, "", looksOnly: true, cancellationToken);
            if (chain.Files.IsEmpty)
            {
                return "none: change capture ends with the dump. mongodump --oplog writes one";
            }

            chain.CheckContinuity(0);
            string extent = $"{Quantity.Of(chain.Files.Length, "file")} without a gap, "
                + $"{MongoDbPositions.Describe(chain.Files[0].Facts.First)} to {MongoDbPositions.Describe(chain.Last)}"
                + string.Concat(chain.Unfinished.Select(u => $". {u.TrimEnd('.')}"));
            return chain.Origin == 0
                ? extent + ". The dump has no oplog of its own: the first file is taken to begin before the dump was made"
                : extent;
        });

    private static string ReadFirst(IDocumentFile file)
    {
        using var reader = new DocumentReader(file, 0);
        ReadStatus status = reader.Read(out ReadOnlySpan<byte> document);
        if (status == ReadStatus.Document)
        {
            Bson.BsonValidator.Validate(document);
            return "begins with a valid document";
        }

        if (status == ReadStatus.End)
        {
            return "empty";
        }

        reader.Throw(status);
        return "";
    }
}
