using System.Globalization;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>Applies a <c>$v: 2</c> diff.</summary>
internal static class DeltaReplay
{
    public static void Apply(Doc document, Doc diff)
    {
        foreach (Field section in diff)
        {
            switch (section)
            {
                case { Name: "d", Value: Doc deleted }:
                    foreach (Field field in deleted)
                    {
                        document.Remove(field.Name);
                    }

                    break;
                case { Name: "u", Value: Doc updated }:
                    foreach (Field field in updated)
                    {
                        document[field.Name] = field.Value;
                    }

                    break;
                case { Name: "i", Value: Doc inserted }:
                    foreach (Field field in inserted)
                    {
                        document.Remove(field.Name);
                        document.Add(field.Name, field.Value);
                    }

                    break;
                case { Name: ['s', ..], Value: Doc inner }:
                    ApplyInside(document[section.Name[1..]], inner);
                    break;
                default:
                    throw new InvalidDataException($"A diff's section '{section.Name}' is not known.");
            }
        }
    }

    private static void ApplyInside(Node? target, Doc diff)
    {
        // A value that is no longer of the kind that was changed stays as it is.
        if (diff["a"].IsTrue())
        {
            if (target is Arr array)
            {
                ApplyToArray(array, diff);
            }
        }
        else if (target is Doc document)
        {
            Apply(document, diff);
        }
    }

    private static void ApplyToArray(Arr array, Doc diff)
    {
        foreach (Field field in diff.Where(f => f.Name != "a"))
        {
            if (field.Name == "l")
            {
                int length = (int)field.Value.AsLong()!;
                array.Items.RemoveRange(Math.Min(length, array.Items.Count), Math.Max(0, array.Items.Count - length));
                continue;
            }

            int index = int.Parse(field.Name.AsSpan(1), CultureInfo.InvariantCulture);
            while (array.Items.Count <= index)
            {
                array.Add(Leaf.Null);
            }

            if (field.Name[0] == 'u')
            {
                array.Items[index] = field.Value;
            }
            else
            {
                ApplyInside(array.Items[index], (Doc)field.Value);
            }
        }
    }
}
