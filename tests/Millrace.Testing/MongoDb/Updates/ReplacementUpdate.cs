using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>The whole document, but for its <c>_id</c>, which stays.</summary>
internal sealed class ReplacementUpdate(Doc replacement) : DocumentUpdate
{
    public override bool IsReplacement => true;

    public override byte[] Apply(byte[] document, Doc filter, bool isInsert)
    {
        Node? id = replacement["_id"] ?? Doc.Parse(document)["_id"];
        Doc result = replacement.Clone();
        result.Remove("_id");
        if (id is not null)
        {
            result.Prepend("_id", id);
        }

        return result.ToBytes();
    }

    public override byte[] Insert(Doc filter)
    {
        var seed = new Doc();
        AddEqualities(new Doc { { "_id", filter["_id"] ?? new Doc { { "$none", 1 } } } }, seed);
        return Apply(seed.ToBytes(), filter, isInsert: true);
    }
}
