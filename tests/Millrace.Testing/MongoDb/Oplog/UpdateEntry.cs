using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>The <c>o</c> of an update's entry, from the document before and after.</summary>
internal static class UpdateEntry
{
    public static Doc Of(Doc before, Doc after, UpdateLogFormat format)
    {
        // Dotted paths cannot name every field; a server of old would have logged the whole document for such an update.
        if (format == UpdateLogFormat.Modifiers)
        {
            return ModifierDiff.Of(before, after) ?? after;
        }

        return new Doc { { "$v", 2 }, { "diff", DeltaDiff.Of(before, after) } };
    }
}
