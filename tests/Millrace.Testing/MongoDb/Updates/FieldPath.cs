using System.Globalization;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>Reads and changes what stands at a dotted path; numbers are positions in arrays.</summary>
internal static class FieldPath
{
    private const int MostPadding = 1_500_000;

    public static Node? Get(Node? from, string path)
    {
        foreach (string segment in path.Split('.'))
        {
            from = from switch
            {
                Doc doc => doc[segment],
                Arr array when TryIndex(segment, out int index) && index < array.Items.Count => array.Items[index],
                _ => null,
            };
        }

        return from;
    }

    public static void Set(Doc root, string path, Node value)
    {
        string[] segments = path.Split('.');
        Node at = root;
        for (int i = 0; i < segments.Length - 1; i++)
        {
            Node? next = Child(at, segments[i]);
            if (next is null)
            {
                next = new Doc();
                Put(at, segments[i], next);
            }
            else if (next is not (Doc or Arr))
            {
                throw new CommandException(ErrorCode.PathNotViable, $"Cannot create field '{segments[i + 1]}' in element {{{segments[i]}}}");
            }

            at = next;
        }

        Put(at, segments[^1], value);
    }

    public static void Unset(Doc root, string path)
    {
        int dot = path.LastIndexOf('.');
        Node? parent = dot < 0 ? root : Get(root, path[..dot]);
        string last = path[(dot + 1)..];
        if (parent is Doc doc)
        {
            doc.Remove(last);
        }
        else if (parent is Arr array && TryIndex(last, out int index) && index < array.Items.Count)
        {
            array.Items[index] = Leaf.Null;
        }
    }

    private static Node? Child(Node at, string segment) => at switch
    {
        Doc doc => doc[segment],
        Arr array when TryIndex(segment, out int index) => index < array.Items.Count ? array.Items[index] : null,
        _ => throw new CommandException(ErrorCode.PathNotViable, $"Cannot create field '{segment}' in an array"),
    };

    private static void Put(Node at, string segment, Node value)
    {
        if (at is Doc doc)
        {
            doc[segment] = value;
        }
        else if (at is Arr array && TryIndex(segment, out int index) && index - array.Items.Count < MostPadding)
        {
            while (array.Items.Count <= index)
            {
                array.Add(Leaf.Null);
            }

            array.Items[index] = value;
        }
        else
        {
            throw new CommandException(ErrorCode.PathNotViable, $"Cannot create field '{segment}' in an array");
        }
    }

    private static bool TryIndex(string segment, out int index) =>
        int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
