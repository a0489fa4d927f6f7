using System.Globalization;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>The update operators that are known, each on one path.</summary>
internal static class UpdateOperators
{
    public static readonly HashSet<string> Known =
    [
        "$set", "$unset", "$inc", "$mul", "$min", "$max", "$push", "$addToSet", "$pull", "$pullAll", "$pop", "$rename", "$setOnInsert", "$currentDate",
    ];

    public static void Apply(Doc root, string name, string path, Node argument)
    {
        Node? now = FieldPath.Get(root, path);
        switch (name)
        {
            case "$set":
                FieldPath.Set(root, path, argument.Clone());
                break;
            case "$unset":
                FieldPath.Unset(root, path);
                break;
            case "$inc" or "$mul":
                FieldPath.Set(root, path, Reckon(name == "$mul", now, argument));
                break;
            case "$min" or "$max":
                if (now is null || ValueKey.Compare(argument, now) * (name == "$min" ? 1 : -1) < 0)
                {
                    FieldPath.Set(root, path, argument.Clone());
                }

                break;
            case "$rename":
                Rename(root, path, now, argument);
                break;
            case "$currentDate":
                FieldPath.Set(root, path, (argument as Doc)?["$type"].AsString() == "timestamp"
                    ? Leaf.Timestamp((ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() << 32) : Leaf.Date(DateTimeOffset.UtcNow));
                break;
            default:
                ApplyToArray(root, name, path, now, argument);
                break;
        }
    }

    private static void ApplyToArray(Doc root, string name, string path, Node? now, Node argument)
    {
        if (now is not (null or Arr))
        {
            throw new CommandException(ErrorCode.BadValue, $"The field '{path}' must be an array but is of type {FilterParser.NameOf(now.Type)}");
        }

        if (now is null && name is "$pull" or "$pullAll" or "$pop")
        {
            return;
        }

        List<Node> items = [.. now as Arr ?? []];
        switch (name)
        {
            case "$push":
                Push(items, argument);
                break;
            case "$addToSet":
                foreach (Node item in argument is Doc each && each["$each"] is Arr several ? several.Items : [argument])
                {
                    if (!items.Any(i => ValueKey.Compare(i, item) == 0))
                    {
                        items.Add(item.Clone());
                    }
                }

                break;
            case "$pull":
                Matcher matcher = FilterParser.Parse(argument is Doc d && d.Count > 0 && d.Fields[0].Name is not ['$', ..] ? d : new Doc { { "v", argument } });
                bool inItem = argument is Doc { Count: > 0 } doc && doc.Fields[0].Name is not ['$', ..];
                items.RemoveAll(i => inItem ? i is Doc item && matcher.Matches(item.ToBytes()) : matcher.Matches(new Doc { { "v", i } }.ToBytes()));
                break;
            case "$pullAll":
                items.RemoveAll(i => (argument as Arr)!.Any(a => ValueKey.Compare(a, i) == 0));
                break;
            default:
                if (items.Count > 0)
                {
                    items.RemoveAt(argument.AsLong() < 0 ? 0 : items.Count - 1);
                }

                break;
        }

        FieldPath.Set(root, path, Arr.Of(items));
    }

    private static void Push(List<Node> items, Node argument)
    {
        if (argument is not Doc modifiers || modifiers["$each"] is not Arr several)
        {
            items.Add(argument.Clone());
            return;
        }

        int at = modifiers["$position"].AsLong() is { } position ? (int)(position < 0 ? Math.Max(0, items.Count + position) : Math.Min(position, items.Count)) : items.Count;
        items.InsertRange(at, several.Select(s => s.Clone()));
        if (modifiers["$sort"] is { } sort)
        {
            Node[] sorted = sort is Doc fields
                ? [.. items.OrderBy(i => new SortSpecification(fields).KeyOf(((Doc)i).ToBytes()), KeyComparer.Instance)]
                : [.. items.OrderBy(ValueKey.Of, KeyComparer.Instance)];
            items.Clear();
            items.AddRange(sort.AsLong() < 0 ? sorted.Reverse() : sorted);
        }

        if (modifiers["$slice"].AsLong() is { } slice)
        {
            int keep = (int)Math.Min(Math.Abs(slice), items.Count);
            items.RemoveRange(slice < 0 ? 0 : keep, items.Count - keep);
        }
    }

    private static void Rename(Doc root, string path, Node? now, Node argument)
    {
        if (now is not null)
        {
            FieldPath.Unset(root, path);
            FieldPath.Set(root, argument.AsString() ?? throw new CommandException(ErrorCode.BadValue, "The 'to' field for $rename must be a string"), now);
        }
    }

    private static Node Reckon(bool multiplies, Node? now, Node by)
    {
        if (!by.IsNumber() || now is not null && !now.IsNumber())
        {
            throw new CommandException(ErrorCode.TypeMismatch, "Cannot apply $inc or $mul to a value of non-numeric type");
        }

        if (now is null && !multiplies)
        {
            return by;
        }

        now ??= Leaf.Int32(0);
        if (now.Type == BsonType.Decimal128 || by.Type == BsonType.Decimal128)
        {
            decimal a = Exact(now), b = Exact(by);
            string text = (multiplies ? a * b : a + b).ToString(CultureInfo.InvariantCulture);
            Decimal128.TryParse(Encoding.ASCII.GetBytes(text), out Decimal128 result);
            return Leaf.Decimal(result);
        }

        if (now.Type == BsonType.Double || by.Type == BsonType.Double)
        {
            double a = now.AsDouble()!.Value, b = by.AsDouble()!.Value;
            return multiplies ? a * b : a + b;
        }

        long x = now.AsLong()!.Value, y = by.AsLong()!.Value;
        Int128 exact = multiplies ? (Int128)x * y : (Int128)x + y;
        if (exact < long.MinValue || exact > long.MaxValue)
        {
            throw new CommandException(ErrorCode.BadValue, "Failed to apply $inc or $mul: the result does not fit in 64 bits");
        }

        bool isInt = now.Type == BsonType.Int32 && by.Type == BsonType.Int32 && exact >= int.MinValue && exact <= int.MaxValue;
        return isInt ? (Node)(int)exact : (Node)(long)exact;
    }

    private static decimal Exact(Node number) => number.Type == BsonType.Decimal128
        ? decimal.Parse(number.Value().GetDecimal128().ToString(), NumberStyles.Float, CultureInfo.InvariantCulture)
        : number.Type == BsonType.Double ? (decimal)number.AsDouble()!.Value : number.AsLong()!.Value;
}
