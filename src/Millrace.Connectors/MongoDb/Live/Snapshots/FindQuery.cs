using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>The parts of a find command that a task's settings decide: filter, range of time, fields.</summary>
internal static class FindQuery
{
    /// <summary>Most documents that the server is asked for at once.</summary>
    public const int MaxBatch = 5000;

    /// <summary>
    /// The task's filter with its range of time and further conditions, as the server takes it. The range is a first choice: what is exactly in it,
    /// <see cref="DocumentSelection"/> says.
    /// </summary>
    /// <param name="settings">The task's settings.</param>
    /// <param name="byTime">True to keep to the range of a backfill.</param>
    /// <param name="more">Further conditions, each a filter.</param>
    public static byte[] Filter(SourceSettings settings, bool byTime, params ReadOnlySpan<byte[]> more)
    {
        var parts = new List<byte[]>();
        if (!string.IsNullOrWhiteSpace(settings.Filter))
        {
            parts.Add(ExtendedJsonReader.ReadDocument(settings.Filter));
        }

        if (byTime && (settings.From ?? settings.To) is not null)
        {
            parts.Add(Range(settings.CursorField ?? "_id", settings.From, settings.To));
        }

        parts.AddRange(more);
        return parts.Count switch
        {
            0 => Documents.Empty,
            1 => parts[0],
            _ => Documents.Make(w =>
            {
                w.StartArray("$and"u8);
                foreach (byte[] part in parts)
                {
                    w.WriteDocument("0"u8, part);
                }

                w.End();
            }),
        };
    }

    /// <summary>Writes the projection of a task's fields, with the key and the cursor; nothing where all fields are wanted.</summary>
    public static void WriteProjection(BsonWriter options, SourceSettings settings)
    {
        if (settings.Fields.IsDefaultOrEmpty)
        {
            return;
        }

        string[] wanted = [.. settings.Fields.Append(settings.CursorField ?? "_id").Distinct(StringComparer.Ordinal)];
        options.StartDocument("projection"u8);
        foreach (string field in wanted.Where(f => !wanted.Any(other => f.StartsWith(other + ".", StringComparison.Ordinal))))
        {
            options.WriteInt32(Encoding.UTF8.GetBytes(field), 1);
        }

        options.End();
    }

    /// <summary>Writes read concern majority, so that nothing is read that a failover could take back.</summary>
    public static void WriteReadConcern(BsonWriter options, LiveServer server)
    {
        if (server.IsReplicated)
        {
            options.StartDocument("readConcern"u8);
            options.WriteString("level"u8, "majority"u8);
            options.End();
        }
    }

    private static byte[] Range(string field, DateTimeOffset? from, DateTimeOffset? to) => Documents.Make(w =>
    {
        byte[] name = Encoding.UTF8.GetBytes(field);
        w.StartArray("$or"u8);
        WriteRange(w, name, from, to, (bound, operation, time) => bound.WriteDateTime(operation, time.ToUnixTimeMilliseconds()));
        WriteRange(w, name, from, to, (bound, operation, time) => bound.WriteObjectId(operation, FirstId(time)));
        WriteRange(w, name, from, to, (bound, operation, time) => bound.WriteTimestamp(operation, (ulong)SecondsUp(time) << 32));
        w.End();
    });

    private static void WriteRange(
        BsonWriter writer, byte[] field, DateTimeOffset? from, DateTimeOffset? to, Action<BsonWriter, byte[], DateTimeOffset> bound)
    {
        writer.StartDocument("0"u8);
        writer.StartDocument(field);
        if (from is { } first)
        {
            bound(writer, "$gte"u8.ToArray(), first);
        }

        if (to is { } last)
        {
            bound(writer, "$lt"u8.ToArray(), last);
        }

        writer.End();
        writer.End();
    }

    private static byte[] FirstId(DateTimeOffset time)
    {
        byte[] id = new byte[12];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(id, SecondsUp(time));
        return id;
    }

    // Ids and timestamps know whole seconds: the first one that is not before the time.
    private static uint SecondsUp(DateTimeOffset time) =>
        (uint)Math.Clamp((time.ToUnixTimeMilliseconds() + 999) / 1000, 0, uint.MaxValue);
}
