using System.Runtime.CompilerServices;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// MongoDB's order of BSON values: first by kind (numbers of all types are one kind, so are strings and symbols), then by value.
/// Field order matters in documents. Source: "Comparison/Sort Order" in MongoDB's manual, and the server's BSONElement comparison
/// for what the manual leaves open.
/// </summary>
/// <remarks>Documents deeper than <see cref="BsonLimits.MaxDepth"/> are refused with MR1101.</remarks>
public static class BsonCompare
{
    /// <summary>Compares two values.</summary>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public static int Compare(BsonValue left, BsonValue right) => Compare(left, right, 0);

    /// <summary>Compares two documents, field by field.</summary>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public static int CompareDocuments(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        CompareElements(left, right, withNames: true, 0);

    /// <summary>The rank of a type among the kinds; types with the same rank compare by value.</summary>
    internal static int KindRank(BsonType type) => type switch
    {
        BsonType.MinKey => -1,
        BsonType.Undefined => 0,
        BsonType.Null => 5,
        BsonType.Double or BsonType.Int32 or BsonType.Int64 or BsonType.Decimal128 => 10,
        BsonType.String or BsonType.Symbol => 15,
        BsonType.Document => 20,
        BsonType.Array => 25,
        BsonType.Binary => 30,
        BsonType.ObjectId => 35,
        BsonType.Boolean => 40,
        BsonType.DateTime => 45,
        BsonType.Timestamp => 47,
        BsonType.RegularExpression => 50,
        BsonType.DbPointer => 55,
        BsonType.JavaScript => 60,
        BsonType.JavaScriptWithScope => 65,
        _ => 127,
    };

    private static int Compare(BsonValue left, BsonValue right, int depth)
    {
        var kind = KindRank(left.Type);
        var order = kind.CompareTo(KindRank(right.Type));
        if (order != 0)
        {
            return order;
        }

        return left.Type switch
        {
            BsonType.Double or BsonType.Int32 or BsonType.Int64 or BsonType.Decimal128 => BsonNumbers.Compare(left, right),
            BsonType.String or BsonType.Symbol or BsonType.JavaScript => left.GetString().SequenceCompareTo(right.GetString()),
            BsonType.Document => CompareElements(left.Bytes, right.Bytes, withNames: true, depth),
            BsonType.Array => CompareElements(left.Bytes, right.Bytes, withNames: false, depth),
            BsonType.Binary => CompareBinary(left, right),
            BsonType.ObjectId => left.Bytes.SequenceCompareTo(right.Bytes),
            BsonType.Boolean => left.GetBoolean().CompareTo(right.GetBoolean()),
            BsonType.DateTime => left.GetDateTimeMillis().CompareTo(right.GetDateTimeMillis()),
            BsonType.Timestamp => left.GetTimestamp().CompareTo(right.GetTimestamp()),
            BsonType.RegularExpression => CompareRegularExpression(left, right),
            BsonType.DbPointer => CompareDbPointer(left, right),
            BsonType.JavaScriptWithScope => CompareCode(left, right, depth),
            _ => 0,
        };
    }

    private static int CompareElements(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, bool withNames, int depth)
    {
        if (depth > BsonLimits.MaxDepth)
        {
            BsonThrow.TooDeep();
        }

        var l = new BsonReader(left);
        var r = new BsonReader(right);
        while (true)
        {
            var hasLeft = l.Next();
            var hasRight = r.Next();
            if (!hasLeft || !hasRight)
            {
                return hasLeft.CompareTo(hasRight);
            }

            var order = CompareElement(in l, in r, withNames, depth + 1);
            if (order != 0)
            {
                return order;
            }
        }
    }

    /// <summary>The server compares kinds first, then names, then values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CompareElement(in BsonReader left, in BsonReader right, bool withNames, int depth)
    {
        var order = KindRank(left.Type).CompareTo(KindRank(right.Type));
        if (order == 0 && withNames)
        {
            order = left.Name.SequenceCompareTo(right.Name);
        }

        return order != 0 ? order : Compare(left.Current, right.Current, depth);
    }

    private static int CompareBinary(BsonValue left, BsonValue right)
    {
        // As the server does: the length first, then subtype and bytes together.
        var order = left.Bytes.Length.CompareTo(right.Bytes.Length);
        if (order != 0)
        {
            return order;
        }

        return left.Bytes[sizeof(int)..].SequenceCompareTo(right.Bytes[sizeof(int)..]);
    }

    private static int CompareRegularExpression(BsonValue left, BsonValue right)
    {
        var order = left.GetRegularExpression(out var leftOptions)
            .SequenceCompareTo(right.GetRegularExpression(out var rightOptions));
        return order != 0 ? order : leftOptions.SequenceCompareTo(rightOptions);
    }

    private static int CompareDbPointer(BsonValue left, BsonValue right)
    {
        var order = left.Bytes.Length.CompareTo(right.Bytes.Length);
        return order != 0 ? order : left.Bytes[sizeof(int)..].SequenceCompareTo(right.Bytes[sizeof(int)..]);
    }

    private static int CompareCode(BsonValue left, BsonValue right, int depth)
    {
        var order = left.GetJavaScriptWithScope(out var leftScope)
            .SequenceCompareTo(right.GetJavaScriptWithScope(out var rightScope));
        return order != 0 ? order : CompareElements(leftScope, rightScope, withNames: true, depth + 1);
    }
}
