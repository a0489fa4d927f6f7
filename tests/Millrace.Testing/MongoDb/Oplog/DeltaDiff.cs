using System.Globalization;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>
/// The difference of two documents in the <c>$v: 2</c> format: sections <c>d</c> (deleted), <c>u</c> (updated), <c>i</c> (inserted), then
/// <c>sName</c> for what changed inside; arrays have <c>a: true</c>, <c>l</c> for a new length, and <c>uN</c> and <c>sN</c> for items.
/// </summary>
internal static class DeltaDiff
{
    public static Doc Of(Doc before, Doc after)
    {
        Doc deleted = [], updated = [], inserted = [], inner = [];
        int at = 0;
        foreach (Field old in before)
        {
            if (at < after.Count && after.Fields[at].Name == old.Name)
            {
                AddChange(old.Name, old.Value, after.Fields[at++].Value, updated, inner);
            }
            else if (after[old.Name] is null)
            {
                deleted.Add(old.Name, false);
            }
        }

        // What is left is new, or stands later than before: an insert takes a field away and puts it to the end.
        foreach (Field field in after.Fields.Skip(at))
        {
            inserted.Add(field.Name, field.Value);
        }

        var diff = new Doc();
        AddSection(diff, "d", deleted);
        AddSection(diff, "u", updated);
        AddSection(diff, "i", inserted);
        foreach (Field field in inner)
        {
            diff.Add(field.Name, field.Value);
        }

        return diff;
    }

    private static Doc OfArrays(Arr before, Arr after)
    {
        var diff = new Doc { { "a", true } };
        if (after.Items.Count < before.Items.Count)
        {
            diff.Add("l", after.Items.Count);
        }

        for (int i = 0; i < after.Items.Count; i++)
        {
            string index = i.ToString(CultureInfo.InvariantCulture);
            if (i >= before.Items.Count)
            {
                diff.Add("u" + index, after.Items[i]);
                continue;
            }

            Doc updated = [], inner = [];
            AddChange(index, before.Items[i], after.Items[i], updated, inner);
            if (updated.Count > 0)
            {
                diff.Add("u" + index, after.Items[i]);
            }
            else if (inner.Count > 0)
            {
                diff.Add(inner.Fields[0].Name, inner.Fields[0].Value);
            }
        }

        return diff;
    }

    private static void AddChange(string name, Node old, Node value, Doc updated, Doc inner)
    {
        if (old.Same(value))
        {
            return;
        }

        Doc? diff = (old, value) switch
        {
            (Doc { Count: > 0 } a, Doc { Count: > 0 } b) => Of(a, b),
            (Arr { Items.Count: > 0 } a, Arr { Items.Count: > 0 } b) => OfArrays(a, b),
            _ => null,
        };

        // A diff that is no smaller than the value is not worth it.
        if (diff is null || diff.ToBytes().Length >= value.ToRaw().Length)
        {
            updated.Add(name, value);
        }
        else
        {
            inner.Add("s" + name, diff);
        }
    }

    private static void AddSection(Doc diff, string name, Doc section)
    {
        if (section.Count > 0)
        {
            diff.Add(name, section);
        }
    }
}
