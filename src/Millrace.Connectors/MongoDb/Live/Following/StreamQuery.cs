using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Opens change streams: pipeline and options, as far as the server offers them. Not asked for are expanded events (showExpandedEvents): drops and
/// renames are told without, no row depends on the others, and the driver knows the option only in later versions than distributions have.
/// </summary>
internal sealed class StreamQuery(LiveServer server, MongoDbUpdateImages images)
{
    // An event that nobody waits for comes at the latest after so long, and so does an answer to a cancellation.
    private const int MaxAwaitMillis = 500;
    private const int BatchSize = 2000;

    /// <summary>Opens a stream.</summary>
    /// <param name="client">The client.</param>
    /// <param name="scope">What it watches.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="keysOnly">True for events without documents, which are small whatever they tell of.</param>
    /// <exception cref="Core.Errors.MillraceException">It cannot be opened; MR1303 where the log does not reach back.</exception>
    public MongoChangeStream Open(MongoClient client, StreamScope scope, StreamStart start, bool keysOnly = false) =>
        MongoChangeStream.Open(client, scope.Level, Pipeline(scope, keysOnly), Options(start, keysOnly));

    private byte[] Pipeline(StreamScope scope, bool keysOnly) => Documents.Make(w =>
    {
        w.StartArray("pipeline"u8);
        if (!scope.Collections.IsEmpty)
        {
            WriteMatch(w, scope);
        }

        // What an update changed is in its document, too, and counts against the 16 MB of an event.
        w.StartDocument("0"u8);
        w.StartDocument("$project"u8);
        w.WriteInt32("updateDescription"u8, 0);
        if (keysOnly)
        {
            w.WriteInt32("fullDocument"u8, 0);
        }

        w.End();
        w.End();
        if (server.SplitsLargeEvents && !keysOnly)
        {
            w.StartDocument("0"u8);
            w.WriteDocument("$changeStreamSplitLargeEvent"u8, Documents.Empty);
            w.End();
        }

        w.End();
    });

    // A rename tells of two collections, and the end of a database of none.
    private static void WriteMatch(BsonWriter writer, StreamScope scope)
    {
        writer.StartDocument("0"u8);
        writer.StartDocument("$match"u8);
        writer.StartArray("$or"u8);
        WriteNames(writer, "ns.coll"u8, scope);
        WriteNames(writer, "to.coll"u8, scope);
        writer.StartDocument("0"u8);
        writer.StartDocument("operationType"u8);
        writer.StartArray("$in"u8);
        writer.WriteString("0"u8, "dropDatabase"u8);
        writer.WriteString("0"u8, "invalidate"u8);
        writer.End();
        writer.End();
        writer.End();
        writer.End();
        writer.End();
        writer.End();
    }

    private static void WriteNames(BsonWriter writer, ReadOnlySpan<byte> field, StreamScope scope)
    {
        writer.StartDocument("0"u8);
        writer.StartDocument(field);
        writer.StartArray("$in"u8);
        foreach (string name in scope.Collections.Select(c => c.Collection).Distinct(StringComparer.Ordinal))
        {
            writer.WriteString("0"u8, Encoding.UTF8.GetBytes(name));
        }

        writer.End();
        writer.End();
        writer.End();
    }

    private byte[] Options(StreamStart start, bool keysOnly) => Documents.Make(w =>
    {
        w.WriteInt32("maxAwaitTimeMS"u8, MaxAwaitMillis);
        w.WriteInt32("batchSize"u8, keysOnly ? 1 : BatchSize);
        if (!keysOnly)
        {
            w.WriteString("fullDocument"u8, images switch
            {
                MongoDbUpdateImages.PostImage => "required"u8,
                MongoDbUpdateImages.PostImageOrLookup => "whenAvailable"u8,
                _ => "updateLookup"u8,
            });
        }

        if (start.Token is { } token)
        {
            // resumeAfter does not go past the event that ended a stream.
            w.WriteDocument(server.HasStartAfter ? "startAfter"u8 : "resumeAfter"u8, token);
        }
        else if (start.Time != 0)
        {
            w.WriteTimestamp("startAtOperationTime"u8, start.Time);
        }
    });
}
