using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>How documents are found: by the index on <c>_id</c> within bounds where filter, sort, hint, min or max say so, else in natural order.</summary>
internal sealed class FindPlan
{
    // No number is below a NaN, though it sorts before all.
    private static readonly byte[] LeastNumber = ValueKey.Of(Leaf.Double(double.NegativeInfinity));

    private readonly Collection _collection;
    private readonly IdBounds _bounds = new();
    private readonly bool _byId;
    private readonly bool _backward;
    private List<byte[]>? _points;

    public FindPlan(Collection collection, Doc filter, Doc? sort = null, Node? hint = null, Doc? min = null, Doc? max = null)
    {
        _collection = collection;
        Doc rest = Bound(filter, out bool isBounded);
        Matcher = FilterParser.Parse(rest);
        bool sortsById = sort is { Count: >= 1 } && sort.Fields[0].Name == "_id";
        bool sortsNatural = sort is { Count: 1 } && sort.Fields[0].Name == "$natural";
        if (sort is { Count: > 0 } && !sortsById && !sortsNatural)
        {
            Sort = new SortSpecification(sort);
        }

        Doc? hinted = CheckHint(hint, collection);
        _byId = sortsById || isBounded || hinted?.IndexOf("_id") == 0 || min is not null || max is not null;
        _backward = (sortsById || sortsNatural ? sort!.Fields[0].Value : hinted is { Count: 1 } ? hinted.Fields[0].Value : null).AsLong() < 0;
        if (min is not null)
        {
            _bounds.From(ValueKey.Of(BoundOf(min)), inclusive: true);
        }

        if (max is not null)
        {
            _bounds.To(ValueKey.Of(BoundOf(max)), inclusive: false);
        }
    }

    /// <summary>What is left of the filter once the bounds are kept.</summary>
    public Matcher Matcher { get; }

    /// <summary>The sort that remains to be done; null where the scan's order is the one asked for.</summary>
    public SortSpecification? Sort { get; }

    public DocumentScan Scan() => _points is not null
        ? new PointScan(_collection, [.. _points.Where(k => _bounds.AboveLow(k) && _bounds.BelowHigh(k))], _backward)
        : _byId
        ? new IdScan(_collection, _bounds, _backward)
        : new NaturalScan<byte[]>(_collection.Records, static d => d, _backward, null, _collection.Options.Capped);

    /// <summary>The matching documents, in order.</summary>
    public IEnumerable<byte[]> Documents()
    {
        DocumentScan scan = Scan();
        for (scan.Restore(); scan.Current is { } document; scan.Advance())
        {
            if (Matcher.IsTrivial || Matcher.Matches(document))
            {
                yield return document;
            }
        }
    }

    /// <summary>Sorts documents that match.</summary>
    public static IEnumerable<byte[]> Sorted(IEnumerable<byte[]> documents, SortSpecification? sort) =>
        sort is null ? documents : documents.Select(d => (Key: sort.KeyOf(d), Document: d)).OrderBy(d => d.Key, KeyComparer.Instance).Select(d => d.Document);

    private static Doc? CheckHint(Node? hint, Collection collection) => hint switch
    {
        null => null,
        Doc { Count: 0 } => null,
        Doc doc when doc.Fields[0].Name is "$natural" || IsIdOnly(doc) || collection.Indexes.Any(i => i["key"]!.Same(doc)) => doc,
        Leaf when hint.AsString() == "_id_" => new Doc { { "_id", 1 } },
        Leaf when collection.Indexes.Any(i => i["name"].AsString() == hint.AsString()) => null,
        _ => throw new CommandException(ErrorCode.BadValue, "hint provided does not correspond to an existing index"),
    };

    private static bool IsIdOnly(Doc doc) => doc.Count == 1 && doc.Fields[0].Name == "_id";

    private static Node BoundOf(Doc bound) => IsIdOnly(bound)
        ? bound.Fields[0].Value
        : throw new CommandException(51174, "min and max need the fields of the hinted index; only _id is known here");

    // Takes out of the filter what bounds on _id say as well.
    private Doc Bound(Doc filter, out bool isBounded)
    {
        var rest = new Doc();
        isBounded = false;
        foreach (Field field in filter)
        {
            if (field.Name == "_id" && (TryBound(field.Value) || TryPoints(field.Value)))
            {
                isBounded = true;
            }
            else if (field.Name == "$and" && field.Value is Arr clauses && clauses.All(c => c is Doc))
            {
                Doc[] left = new Doc[clauses.Items.Count];
                for (int i = 0; i < left.Length; i++)
                {
                    left[i] = Bound((Doc)clauses.Items[i], out bool inner);
                    isBounded |= inner;
                }

                left = [.. left.Where(l => l.Count > 0)];
                if (left.Length > 0)
                {
                    rest.Add("$and", Arr.Of(left));
                }
            }
            else
            {
                rest.Add(field.Name, field.Value);
            }
        }

        return rest;
    }

    private bool TryBound(Node condition)
    {
        if (condition is Doc { Count: > 0 } operators && operators.Fields[0].Name is ['$', ..])
        {
            if (!operators.All(o => o.Name is "$eq" or "$gt" or "$gte" or "$lt" or "$lte" && IsPlain(o.Value)))
            {
                return false;
            }

            foreach (Field field in operators)
            {
                Narrow(field.Name, field.Value);
            }

            return true;
        }

        if (!IsPlain(condition))
        {
            return false;
        }

        Narrow("$eq", condition);
        return true;
    }

    // Ids that are listed are looked up one by one.
    private bool TryPoints(Node condition)
    {
        if (_points is not null || condition is not Doc { Count: 1 } operators || operators.Fields[0] is not { Name: "$in", Value: Arr list } || !list.All(IsPlain))
        {
            return false;
        }

        _points = [.. list.Select(ValueKey.Of).Distinct(KeyComparer.Instance).Order(KeyComparer.Instance)];
        return true;
    }

    // A comparison matches values of the operand's own kind only, except against MinKey and MaxKey.
    private void Narrow(string name, Node operand)
    {
        byte[] key = ValueKey.Of(operand);
        bool anyType = operand.Type is BsonType.MinKey or BsonType.MaxKey;
        byte[] kindStart = anyType ? [0] : operand.IsNumber() ? LeastNumber : [key[0]], kindEnd = anyType ? [0xFF] : [(byte)(key[0] + 1)];
        if (name is "$eq" or "$gt" or "$gte")
        {
            _bounds.From(key, name != "$gt");
            _bounds.To(kindEnd, inclusive: false);
        }

        if (name is "$eq" or "$lt" or "$lte")
        {
            _bounds.To(key, name != "$lt");
            _bounds.From(kindStart, inclusive: true);
        }
    }

    private static bool IsPlain(Node operand) =>
        operand.Type is not (BsonType.Null or BsonType.Undefined or BsonType.RegularExpression or BsonType.Array) && !(operand.AsDouble() is double.NaN);
}
