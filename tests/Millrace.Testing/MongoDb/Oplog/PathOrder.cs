namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>Dotted paths, segment by segment; numbers by their value.</summary>
internal sealed class PathOrder : IComparer<string>
{
    public static PathOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        string[] a = x!.Split('.'), b = y!.Split('.');
        for (int i = 0; i < a.Length && i < b.Length; i++)
        {
            int order = uint.TryParse(a[i], out uint m) && uint.TryParse(b[i], out uint n) ? m.CompareTo(n) : string.CompareOrdinal(a[i], b[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }
}
