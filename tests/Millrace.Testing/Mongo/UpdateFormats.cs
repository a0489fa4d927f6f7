namespace Millrace.Testing.Mongo;

/// <summary>Writes an update as MongoDB's servers log it, from the document before and after.</summary>
public static class UpdateFormats
{
    /// <summary>The <c>o</c> of a $v:2 entry (servers since 5.0).</summary>
    public static BsonDoc Delta(BsonDoc before, BsonDoc after) =>
        new BsonDoc().Add("$v", BsonLeaf.Int32(2)).Add("diff", DocumentDiff(before, after));

    /// <summary>
    /// The <c>o</c> of a $v:1 entry (servers up to 4.4), or null where dotted paths cannot say it: names with dots or dollars, fields that
    /// moved, several new fields at one level (their order would be the server's own).
    /// </summary>
    public static BsonDoc? Modifiers(BsonDoc before, BsonDoc after)
    {
        var set = new SortedDictionary<string, BsonNode>(StringComparer.Ordinal);
        var unset = new SortedDictionary<string, BsonNode>(StringComparer.Ordinal);
        if (!CollectModifiers("", before, after, set, unset) || set.Count + unset.Count == 0)
        {
            return null;
        }

        var update = new BsonDoc().Add("$v", BsonLeaf.Int32(1));
        if (unset.Count > 0)
        {
            update.Add("$unset", DocOf(unset));
        }

        return set.Count > 0 ? update.Add("$set", DocOf(set)) : update;
    }

    private static BsonDoc DocumentDiff(BsonDoc before, BsonDoc after)
    {
        BsonDoc removed = new(), updated = new(), inserted = new(), deeper = new();
        int at = 0;
        foreach ((string name, BsonNode old) in before.Fields)
        {
            if (at < after.Fields.Count && after.Fields[at].Name == name)
            {
                DiffField(name, old, after.Fields[at++].Value, updated, deeper);
            }
            else if (after.Find(name) is null)
            {
                removed.Add(name, BsonLeaf.Boolean(false));
            }
        }

        // What is left has moved to the end or is new: either way the server logs it as an insert.
        inserted.Fields.AddRange(after.Fields.Skip(at));
        var diff = new BsonDoc();
        AddSection(diff, "d", removed);
        AddSection(diff, "u", updated);
        AddSection(diff, "i", inserted);
        diff.Fields.AddRange(deeper.Fields);
        return diff;
    }

    private static void DiffField(string name, BsonNode old, BsonNode value, BsonDoc updated, BsonDoc deeper)
    {
        if (old.Same(value))
        {
            return;
        }

        BsonNode? diff = (old, value) switch
        {
            (BsonDoc a, BsonDoc b) => DocumentDiff(a, b),
            (BsonList a, BsonList b) => ArrayDiff(a, b),
            _ => null,
        };
        if (diff is null || diff.ToBytes().Length > value.ToBytes().Length + 8)
        {
            updated.Add(name, value);
        }
        else
        {
            deeper.Add("s" + name, diff);
        }
    }

    private static BsonDoc ArrayDiff(BsonList before, BsonList after)
    {
        var diff = new BsonDoc().Add("a", BsonLeaf.Boolean(true));
        if (after.Items.Count < before.Items.Count)
        {
            diff.Add("l", BsonLeaf.Int32(after.Items.Count));
        }

        for (int i = 0; i < after.Items.Count; i++)
        {
            BsonDoc updated = new(), deeper = new();
            if (i >= before.Items.Count)
            {
                updated.Add("", after.Items[i]);
            }
            else
            {
                DiffField("", before.Items[i], after.Items[i], updated, deeper);
            }

            foreach ((string _, BsonNode value) in updated.Fields)
            {
                diff.Add($"u{i}", value);
            }

            foreach ((string _, BsonNode value) in deeper.Fields)
            {
                diff.Add($"s{i}", value);
            }
        }

        return diff;
    }

    private static bool CollectModifiers(
        string prefix, BsonDoc before, BsonDoc after, SortedDictionary<string, BsonNode> set, SortedDictionary<string, BsonNode> unset)
    {
        string[] kept = [.. before.Fields.Where(f => after.Find(f.Name) is not null).Select(f => f.Name)];
        if (after.Fields.Count - kept.Length > 1 || !kept.SequenceEqual(after.Fields.Take(kept.Length).Select(f => f.Name)))
        {
            return false;
        }

        foreach ((string name, BsonNode _) in before.Fields.Where(f => after.Find(f.Name) is null))
        {
            if (!IsPlain(name))
            {
                return false;
            }

            unset[prefix + name] = BsonLeaf.Boolean(true);
        }

        foreach ((string name, BsonNode value) in after.Fields)
        {
            BsonNode? old = before.Find(name);
            if (old is not null && old.Same(value))
            {
                continue;
            }

            if (!IsPlain(name))
            {
                return false;
            }

            if (!CollectChange(prefix + name, old, value, set, unset))
            {
                return false;
            }
        }

        return true;
    }

    private static bool CollectChange(
        string path, BsonNode? old, BsonNode value, SortedDictionary<string, BsonNode> set, SortedDictionary<string, BsonNode> unset)
    {
        switch (old, value)
        {
            case (BsonDoc a, BsonDoc b) when b.Fields.Count > 0:
                return CollectModifiers(path + ".", a, b, set, unset);
            case (BsonList a, BsonList b) when a.Items.Count <= b.Items.Count && a.Items.Count > 0:
                for (int i = 0; i < b.Items.Count; i++)
                {
                    if (i >= a.Items.Count || !a.Items[i].Same(b.Items[i]))
                    {
                        set[$"{path}.{i}"] = b.Items[i];
                    }
                }

                return true;
            default:
                set[path] = value;
                return true;
        }
    }

    private static bool IsPlain(string name) => name.Length > 0 && !name.Contains('.', StringComparison.Ordinal) && name[0] != '$';

    private static BsonDoc DocOf(IEnumerable<KeyValuePair<string, BsonNode>> fields)
    {
        var doc = new BsonDoc();
        doc.Fields.AddRange(fields.Select(f => (f.Key, f.Value)));
        return doc;
    }

    private static void AddSection(BsonDoc diff, string name, BsonDoc section)
    {
        if (section.Fields.Count > 0)
        {
            diff.Add(name, section);
        }
    }
}
