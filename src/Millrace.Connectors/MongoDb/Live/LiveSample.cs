using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>What the first megabyte of a collection says of its fields, as <see cref="DocumentSample"/> does of a dump's.</summary>
internal static class LiveSample
{
    private static readonly byte[] Options = ExtendedJsonReader.ReadDocument(
        $$"""{"limit":{"$numberLong":"{{DocumentSample.MaxDocuments}}"},"batchSize":500}""");

    /// <summary>Samples a collection.</summary>
    /// <param name="client">A client.</param>
    /// <param name="name">The collection.</param>
    /// <param name="table">The dataset.</param>
    /// <param name="settings">Whose filter and fields apply; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static TableSchema Take(MongoClient client, MongoNamespace name, TableId table, SourceSettings? settings, CancellationToken cancellationToken)
    {
        byte[] filter = settings is null ? Documents.Empty : FindQuery.Filter(settings, byTime: true);
        using var selection = settings is null ? null : new DocumentSelection(settings with { Filter = null }, byTime: true);
        using var builder = new DocumentBatchBuilder(table, "", hidesRaw: true, isLog: false);
        using MongoCursor cursor = client.Find(name, filter, Options);
        long bytes = 0;
        while (bytes < DocumentSample.SampleBytes && cursor.Next(out ReadOnlySpan<byte> document))
        {
            cancellationToken.ThrowIfCancellationRequested();
            bytes += document.Length;
            if (selection is null || selection.TrySelect(document, out document))
            {
                builder.Add(document, default);
            }
        }

        using RecordBatch batch = builder.Build(null);
        return DocumentSample.Counted(batch);
    }
}
