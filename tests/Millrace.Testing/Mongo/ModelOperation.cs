namespace Millrace.Testing.Mongo;

/// <summary>One change of one document: how the log says it, and what it does.</summary>
/// <param name="Namespace">The collection.</param>
/// <param name="Key">The document's key in the model.</param>
/// <param name="Entry">The entry without timestamp; what stands in <c>applyOps</c>.</param>
/// <param name="After">The document afterwards; null for a delete.</param>
public sealed record ModelOperation(string Namespace, string Key, BsonDoc Entry, BsonDoc? After)
{
    /// <summary>An insert.</summary>
    public static ModelOperation Insert(MongoModel model, string ns, BsonDoc document)
    {
        BsonDoc entry = model.Operation("i", ns, document).Add("o2", IdOf(document));
        return new(ns, ModelCollection.KeyOf(document), entry, document);
    }

    /// <summary>A delete.</summary>
    public static ModelOperation Delete(MongoModel model, string ns, string key) =>
        new(ns, key, model.Operation("d", ns, IdOf(model.Collections[ns][key])), null);

    /// <summary>A replacement: the whole document after.</summary>
    public static ModelOperation Replace(MongoModel model, string ns, string key, BsonDoc after) => Update(model, ns, key, after, after);

    /// <summary>An update in the $v:2 format.</summary>
    public static ModelOperation Delta(MongoModel model, string ns, string key, BsonDoc after) =>
        Update(model, ns, key, after, UpdateFormats.Delta(model.Collections[ns][key], after));

    /// <summary>An update in the $v:1 format where that can say it, else a replacement.</summary>
    public static ModelOperation Modifiers(MongoModel model, string ns, string key, BsonDoc after) =>
        Update(model, ns, key, after, UpdateFormats.Modifiers(model.Collections[ns][key], after) ?? after);

    /// <summary>Does what the entry says.</summary>
    public void Apply(ModelCollection collection)
    {
        if (After is null)
        {
            collection.Remove(Key);
        }
        else
        {
            collection.Put(After);
        }
    }

    private static ModelOperation Update(MongoModel model, string ns, string key, BsonDoc after, BsonDoc body) =>
        new(ns, key, model.Operation("u", ns, body).Add("o2", IdOf(after)), after);

    private static BsonDoc IdOf(BsonDoc document) => new BsonDoc().Add("_id", document.Find("_id")!);
}
