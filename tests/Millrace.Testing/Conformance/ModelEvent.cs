using System.Globalization;
using Millrace.Core.Batches;

namespace Millrace.Testing.Conformance;

/// <summary>A change of the model's table: key <c>_id</c>, columns <c>a</c> and <c>b</c>.</summary>
/// <param name="Place">Its place in the source; greater is later.</param>
/// <param name="Key">The key.</param>
/// <param name="Kind">What happened.</param>
/// <param name="A">Column <c>a</c>.</param>
/// <param name="B">Column <c>b</c>.</param>
/// <param name="HasA">False where the change says nothing of <c>a</c>.</param>
/// <param name="HasB">False where the change says nothing of <c>b</c>.</param>
public sealed record ModelEvent(int Place, string Key, ChangeKind Kind, long? A, string? B, bool HasA = true, bool HasB = true)
{
    /// <summary>The printable position; its text orders as the places do.</summary>
    public string Position => "log/" + Place.ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>Random changes of few keys, so that they meet each other.</summary>
    /// <param name="random">The seeded source of chance.</param>
    /// <param name="count">How many.</param>
    /// <param name="withPartials">True to leave columns unset in some updates.</param>
    public static List<ModelEvent> Generate(Random random, int count, bool withPartials)
    {
        ArgumentNullException.ThrowIfNull(random);
        List<ModelEvent> events = [];
        int inserts = random.Next(count / 2);
        for (int place = 1; place <= count; place++)
        {
            int dice = place <= inserts ? 0 : random.Next(10);
            ChangeKind kind = dice < 3 ? ChangeKind.Insert : dice < 8 ? ChangeKind.Update : ChangeKind.Delete;
            bool isPartial = withPartials && kind == ChangeKind.Update && random.Next(2) == 0;
            string key = "k" + random.Next(8).ToString(CultureInfo.InvariantCulture);
            events.Add(kind == ChangeKind.Delete
                ? new(place, key, kind, null, null)
                : new(place, key, kind, random.Next(4) == 0 ? null : random.Next(3), random.Next(4) == 0 ? null : "v" + random.Next(3).ToString(CultureInfo.InvariantCulture),
                    !isPartial || random.Next(2) == 0, !isPartial || random.Next(2) == 0));
        }

        return events;
    }

    /// <summary>The same changes as a source may deliver them after a restart: some stretches once more.</summary>
    public static List<ModelEvent> WithReplays(Random random, List<ModelEvent> events)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(events);
        List<ModelEvent> delivered = [];
        for (int i = 0; i < events.Count; i++)
        {
            delivered.Add(events[i]);
            if (random.Next(6) == 0)
            {
                int from = Math.Max(0, i - random.Next(8));
                delivered.AddRange(events.GetRange(from, i - from + 1));
            }
        }

        return delivered;
    }

    /// <summary>The same changes out of order: late ones, repeated ones.</summary>
    public static List<ModelEvent> OutOfOrder(Random random, List<ModelEvent> events)
    {
        ArgumentNullException.ThrowIfNull(random);
        return [.. WithReplays(random, events).Select((e, i) => (Event: e, Order: i + random.Next(10))).OrderBy(e => e.Order).Select(e => e.Event)];
    }
}
