using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>The difference of two documents in the <c>$v: 1</c> format: <c>$set</c> and <c>$unset</c> of dotted paths.</summary>
internal static class ModifierDiff
{
    /// <summary>The entry, or null where dotted paths cannot say what changed: names with dots or dollars, fields that moved.</summary>
    public static Doc? Of(Doc before, Doc after)
    {
        Doc set = [], unset = [];
        if (!Collect("", before, after, set, unset) || set.Count + unset.Count == 0)
        {
            return null;
        }

        var entry = new Doc { { "$v", 1 } };
        AddSorted(entry, "$unset", unset);
        AddSorted(entry, "$set", set);
        return entry;
    }

    private static bool Collect(string prefix, Doc before, Doc after, Doc set, Doc unset)
    {
        string[] kept = [.. before.Where(f => after[f.Name] is not null).Select(f => f.Name)];
        string[] added = [.. after.Fields.Skip(kept.Length).Select(f => f.Name)];

        // Whoever applies the entry appends new fields, in the order of their names.
        if (!kept.SequenceEqual(after.Fields.Take(kept.Length).Select(f => f.Name)) || !added.SequenceEqual(added.Order(StringComparer.Ordinal)))
        {
            return false;
        }

        foreach (Field field in before.Where(f => after[f.Name] is null))
        {
            unset.Add(prefix + field.Name, true);
        }

        return before.Concat(after).All(f => IsPlain(f.Name)) && after.All(f => CollectValue(prefix + f.Name, before[f.Name], f.Value, set, unset));
    }

    private static bool CollectValue(string path, Node? old, Node value, Doc set, Doc unset)
    {
        if (old is not null && old.Same(value))
        {
            return true;
        }

        switch (old, value)
        {
            case (Doc a, Doc { Count: > 0 } b):
                return Collect(path + ".", a, b, set, unset);
            case (Arr { Items.Count: > 0 } a, Arr b) when a.Items.Count <= b.Items.Count:
                for (int i = 0; i < b.Items.Count; i++)
                {
                    if (i >= a.Items.Count || !a.Items[i].Same(b.Items[i]))
                    {
                        set.Add($"{path}.{i}", b.Items[i]);
                    }
                }

                return true;
            default:
                set.Add(path, value);
                return true;
        }
    }

    private static bool IsPlain(string name) => name.Length > 0 && name[0] != '$' && !name.Contains('.', StringComparison.Ordinal);

    // Items of one array stand in the order of their numbers: $set appends where a number is the array's length.
    private static void AddSorted(Doc entry, string name, Doc fields)
    {
        if (fields.Count > 0)
        {
            var sorted = new Doc();
            foreach (Field field in fields.OrderBy(f => f.Name, PathOrder.Instance))
            {
                sorted.Add(field.Name, field.Value);
            }

            entry.Add(name, sorted);
        }
    }
}
