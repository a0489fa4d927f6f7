using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary><c>$changeStreamSplitLargeEvent</c>: an event over the limit becomes fragments of whole fields, smaller fields first.</summary>
internal static class EventSplitter
{
    private const int Overhead = 256;

    public static IEnumerable<StreamEvent> Split(StreamEvent large, int limit)
    {
        Doc document = Doc.Parse(large.Bytes);
        var fragments = new List<Doc> { new() };
        int bytes = Overhead;
        foreach (Field field in document.Where(f => f.Name != "_id").OrderBy(f => f.Value.ToRaw().Length))
        {
            int size = field.Name.Length + 2 + field.Value.ToRaw().Length;
            if (size + Overhead > limit)
            {
                throw TooLarge(size);
            }

            if (bytes + size > limit)
            {
                fragments.Add([]);
                bytes = Overhead;
            }

            fragments[^1].Add(field.Name, field.Value);
            bytes += size;
        }

        for (int i = 0; i < fragments.Count; i++)
        {
            ResumeToken token = large.Token with { Fragment = i };
            fragments[i].Prepend("splitEvent", new Doc { { "fragment", i + 1 }, { "of", fragments.Count } });
            fragments[i].Prepend("_id", token.ToDocument());
            yield return new StreamEvent(token, fragments[i].ToBytes(), large.EndsStream && i == fragments.Count - 1);
        }
    }

    public static CommandException TooLarge(int size) => new(
        ErrorCode.BSONObjectTooLarge, $"BSONObj size: {size} (0x{size:X}) is invalid. Size must be between 0 and 16793600(16MB)", "NonResumableChangeStreamError");
}
