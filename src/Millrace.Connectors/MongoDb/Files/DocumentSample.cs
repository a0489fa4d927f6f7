using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>What the first megabyte of a collection says of all of it.</summary>
/// <param name="Documents">Documents in the sample.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="IsWhole">True where the sample is the whole collection.</param>
/// <param name="Schema">The fields and types seen.</param>
internal sealed record DocumentSample(long Documents, long Bytes, bool IsWhole, TableSchema Schema)
{
    /// <summary>A sample ends after so many bytes.</summary>
    public const int SampleBytes = 1 << 20;

    /// <summary>A sample ends after so many documents.</summary>
    public const int MaxDocuments = 5000;

    /// <summary>Samples a collection. A file that is broken is sampled as far as it goes.</summary>
    /// <param name="file">The collection's file; null where it has none.</param>
    /// <param name="table">The dataset.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="selection">Which documents and fields the schema is of; null for all.</param>
    public static DocumentSample Take(
        IDocumentFile? file, TableId table, CancellationToken cancellationToken, DocumentSelection? selection = null)
    {
        if (file is null)
        {
            return new(0, 0, true, new(table, [], ["_id"]));
        }

        using var reader = new DocumentReader(file, 0);
        using var builder = new DocumentBatchBuilder(table, "", hidesRaw: true, isLog: false);
        ReadStatus status = ReadStatus.Document;
        long documents = 0;
        try
        {
            while (reader.Offset < SampleBytes && documents < MaxDocuments)
            {
                cancellationToken.ThrowIfCancellationRequested();
                status = reader.Read(out ReadOnlySpan<byte> document);
                if (status != ReadStatus.Document)
                {
                    break;
                }

                documents++;
                if (selection is null || selection.TrySelect(document, out document))
                {
                    builder.Add(document, default);
                }
            }
        }
        catch (MillraceException)
        {
            status = ReadStatus.BadLength;
        }

        using RecordBatch batch = builder.Build(null);
        return new(documents, reader.Offset, status == ReadStatus.End, Counted(batch));
    }

    /// <summary>The schema of a sample's rows, each column with how many values it had.</summary>
    public static TableSchema Counted(RecordBatch batch) => batch.Schema with
    {
        Columns = [.. batch.Schema.Columns.Select((c, i) => c with { SampledValues = batch.RowCount - batch.Columns[i].NullCount })],
    };

    /// <summary>What waits from an offset on.</summary>
    public Estimate Remaining(IDocumentFile file, long offset)
    {
        long bytes = IsWhole ? Bytes : file.EstimatedLength;
        Certainty known = IsWhole || file.Length is not null ? Certainty.Exact : Certainty.Estimated;
        bytes = Math.Max(bytes - offset, 0);
        if (IsWhole && offset == 0)
        {
            return new(Documents, Certainty.Exact, bytes, known);
        }

        return Bytes == 0
            ? new(0, Certainty.Unknown, bytes, known)
            : new((long)(bytes / (double)Bytes * Documents), Certainty.Estimated, bytes, known);
    }
}
