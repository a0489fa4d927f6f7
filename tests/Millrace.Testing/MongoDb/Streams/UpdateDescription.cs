using System.Globalization;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>What an update event says about the change, out of the entry's diff or modifiers.</summary>
internal static class UpdateDescription
{
    public static Doc Of(Doc o, bool expanded)
    {
        Doc updated = [], ambiguous = [];
        Arr removed = [], truncated = [];
        if (o["diff"] is Doc diff)
        {
            Collect([], diff, updated, removed, truncated, ambiguous);
        }
        else
        {
            foreach (Field field in o["$set"] as Doc ?? [])
            {
                updated.Add(field.Name, field.Value);
            }

            foreach (Field field in o["$unset"] as Doc ?? [])
            {
                removed.Add(field.Name);
            }
        }

        var description = new Doc { { "updatedFields", updated }, { "removedFields", removed }, { "truncatedArrays", truncated } };
        if (expanded)
        {
            description.Add("disambiguatedPaths", ambiguous);
        }

        return description;
    }

    private static void Collect(Node[] path, Doc diff, Doc updated, Arr removed, Arr truncated, Doc ambiguous)
    {
        bool inArray = diff["a"].IsTrue();
        foreach (Field section in diff)
        {
            switch (section)
            {
                case { Name: "a" } when inArray:
                    break;
                case { Name: "l" } when inArray:
                    truncated.Add(new Doc { { "field", Join(path, ambiguous) }, { "newSize", section.Value } });
                    break;
                case { Name: ['u', ..] } when inArray:
                    updated.Add(Join([.. path, Index(section.Name)], ambiguous), section.Value);
                    break;
                case { Name: ['s', ..], Value: Doc inner }:
                    Collect([.. path, inArray ? Index(section.Name) : section.Name[1..]], inner, updated, removed, truncated, ambiguous);
                    break;
                case { Name: "d", Value: Doc fields }:
                    foreach (Field field in fields)
                    {
                        removed.Add(Join([.. path, field.Name], ambiguous));
                    }

                    break;
                case { Value: Doc fields }:
                    foreach (Field field in fields)
                    {
                        updated.Add(Join([.. path, field.Name], ambiguous), field.Value);
                    }

                    break;
                default:
                    throw new InvalidDataException($"A diff's section '{section.Name}' is not known.");
            }
        }
    }

    private static Node Index(string name) => int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture);

    // A path is ambiguous where a name has a dot in it, or is a number.
    private static string Join(Node[] path, Doc ambiguous)
    {
        string joined = string.Join('.', path.Select(p => p.AsString() ?? p.AsLong()!.Value.ToString(CultureInfo.InvariantCulture)));
        bool isAmbiguous = path.Select(p => p.AsString()).Any(s => s is not null && (s.Contains('.', StringComparison.Ordinal) || uint.TryParse(s, out _)));
        if (isAmbiguous && ambiguous[joined] is null)
        {
            ambiguous.Add(joined, Arr.Of(path));
        }

        return joined;
    }
}
