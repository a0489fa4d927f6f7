using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.External;

/// <summary>The commands that write documents.</summary>
internal static class MongoWrites
{
    /// <summary>Gives back an answer in which no write failed.</summary>
    /// <exception cref="CommandException">One did.</exception>
    public static Doc Check(Doc reply) => (reply["writeErrors"] as Arr)?.Items.FirstOrDefault() is Doc error
        ? throw new CommandException((int)(error["code"].AsLong() ?? 0), error["errmsg"].AsString() ?? "")
        : reply;

    /// <summary>Inserts documents.</summary>
    public static Doc Insert(string collection, IEnumerable<Doc> documents) => new() { { "insert", collection }, { "documents", Arr.Of(documents) } };

    /// <summary>Updates or replaces documents.</summary>
    public static Doc Update(string collection, Doc filter, Node update, bool multi, bool upsert) => new()
    {
        { "update", collection },
        { "updates", new Arr { new Doc { { "q", filter }, { "u", update }, { "multi", multi }, { "upsert", upsert } } } },
    };

    /// <summary>Deletes documents.</summary>
    public static Doc Delete(string collection, Doc filter, bool multi) => new()
    {
        { "delete", collection },
        { "deletes", new Arr { new Doc { { "q", filter }, { "limit", multi ? 0 : 1 } } } },
    };
}
