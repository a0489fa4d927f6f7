using System.Numerics;

namespace Millrace.Testing.Mongo;

/// <summary>Kinds of <c>_id</c> that a collection's documents get.</summary>
public enum IdKind
{
    /// <summary>ObjectId.</summary>
    ObjectId,

    /// <summary>32-bit integer.</summary>
    Int32,

    /// <summary>String.</summary>
    Text,

    /// <summary>UUID.</summary>
    Uuid,

    /// <summary>A document.</summary>
    Document,

    /// <summary>Every type that an <c>_id</c> can have, mixed.</summary>
    Mixed,

    /// <summary>Integers at first, and other types from the fortieth document on.</summary>
    LaterMixed,
}

/// <summary>
/// Makes documents up and changes them, from a seed: plain fields of one type, fields whose type changes, all BSON types, nested documents and
/// arrays, fields that appear later, names that SQL dislikes. Values are ones that both destinations can hold.
/// </summary>
public sealed class RandomDocuments(Random random)
{
    private const long FirstDay = -62_135_596_800_000; // 0001-01-01
    private const long LastDay = 253_402_300_799_999; // 9999-12-31

    private static readonly string[] Words =
        ["amber", "Ærø", "quote\"d", "it's", "back\\slash", "tab\tnew\nline", "", "naïve", "日本語", "🙂🙃", "Ωmega", "null", "NaN", "{\"a\":1}", "%_$;--"];

    private static readonly string[] OddNames =
    [
        "select", "Order", "order", "ORDER", "a.b", "$price", "quo\"te", "spa ce", "a_very_long_name_that_goes_on_and_on_past_the_limit_of_sixty_three_bytes",
        "a_very_long_name_that_goes_on_and_on_past_the_limit_of_sixty_three_bytes_too", "größe", "_millrace_run_id", "__v", "x__v_text", "0", "naïve.日本",
    ];

    private int _unique;

    /// <summary>A new document with an <c>_id</c> that no other has.</summary>
    /// <param name="kind">The kind of <c>_id</c>.</param>
    /// <param name="age">How far the data has come, from 0: later documents have further fields.</param>
    public BsonDoc Next(IdKind kind, int age)
    {
        var doc = new BsonDoc().Add("_id", Id(kind, ++_unique));
        doc.Add("name", BsonLeaf.String(Word())).Add("seq", BsonLeaf.Int32(_unique));
        foreach (string field in PlainFields)
        {
            if (random.Next(5) > 0)
            {
                doc.Add(field, Plain(field));
            }
        }

        AddLateFields(doc, age);
        return doc;
    }

    /// <summary>A changed copy: fields set, removed, added, moved to the end; items of arrays changed, added, removed.</summary>
    public BsonDoc Mutate(BsonDoc before, int age)
    {
        BsonDoc after = before.Clone();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            ChangeOne(after, age);
        }

        if (after.Same(before))
        {
            Set(after, "seq", BsonLeaf.Int32(random.Next()));
        }

        return after;
    }

    /// <summary>Any value; containers until <paramref name="depth"/> is used up.</summary>
    public BsonNode Any(int depth) => random.Next(depth > 0 ? 24 : 20) switch
    {
        0 => BsonLeaf.Double(OddDouble()),
        1 => BsonLeaf.String(Word()),
        2 => BsonLeaf.Binary(0, Bytes()),
        3 => BsonLeaf.Binary(5, Bytes()),
        4 => BsonLeaf.Undefined,
        5 => ObjectId(),
        6 => BsonLeaf.Boolean(random.Next(2) == 0),
        7 => Date(),
        8 => BsonLeaf.Null,
        9 => BsonLeaf.Regex("^a.*" + random.Next(9), random.Next(2) == 0 ? "" : "im"),
        10 => BsonLeaf.DbPointer("shop.orders", ObjectId()),
        11 => BsonLeaf.Code("function() { return " + random.Next(9) + "; }"),
        12 => BsonLeaf.Symbol("sym" + random.Next(9)),
        13 => BsonLeaf.Code("x", new BsonDoc().Add("x", BsonLeaf.Int32(random.Next(9)))),
        14 => BsonLeaf.Int32(random.Next(int.MinValue, int.MaxValue)),
        15 => BsonLeaf.Timestamp((ulong)random.NextInt64()),
        16 => BsonLeaf.Int64(random.NextInt64(long.MinValue, long.MaxValue)),
        17 => OddDecimal(),
        18 => random.Next(2) == 0 ? BsonLeaf.MinKey : BsonLeaf.MaxKey,
        19 => BsonLeaf.Binary(random.Next(2) == 0 ? (byte)3 : (byte)4, RandomBytes(16)),
        20 => BsonList.Of(Enumerable.Range(0, random.Next(4)).Select(_ => Any(depth - 1))),
        21 => new BsonDoc().Add("$ref", BsonLeaf.String("people")).Add("$id", ObjectId()),
        _ => Object(depth - 1),
    };

    private static readonly string[] PlainFields =
        ["qty", "mix", "wide", "price", "at", "flag", "tags", "customer", "items", "any", "uid", "bin", "void"];

    private BsonNode Plain(string field) => field switch
    {
        "qty" => BsonLeaf.Int32(random.Next(-1000, 1000)),
        "mix" => random.Next(3) == 0 ? BsonLeaf.Double(Math.Round(random.NextDouble() * 1000, 2)) : BsonLeaf.Int32(random.Next(1000)),
        "wide" => random.Next(20) switch
        {
            0 => BsonLeaf.Double(random.NextDouble()),
            1 => BsonLeaf.Int64(long.MaxValue - random.Next(100)),
            _ => BsonLeaf.Int64(random.Next()),
        },
        "price" => BsonLeaf.Decimal(random.Next(-99999, 999999), -random.Next(0, 4)),
        "at" => Date(),
        "flag" => BsonLeaf.Boolean(random.Next(2) == 0),
        "tags" => BsonList.Of(Enumerable.Range(0, random.Next(5)).Select(_ => (BsonNode)BsonLeaf.String(Word()))),
        "customer" => Customer(),
        "items" => BsonList.Of(Enumerable.Range(0, random.Next(4)).Select(_ => Item())),
        "any" => Any(2),
        "uid" => BsonLeaf.Binary(4, RandomBytes(16)),
        "bin" => BsonLeaf.Binary(0, Bytes()),
        _ => random.Next(3) == 0 ? BsonLeaf.String(Word()) : BsonLeaf.Null,
    };

    private void AddLateFields(BsonDoc doc, int age)
    {
        if (random.Next(4) == 0)
        {
            string name = OddNames[random.Next(Math.Min(OddNames.Length, 4 + (age / 20)))];
            Set(doc, name, Any(1));
        }

        if (age > 30 && random.Next(3) == 0)
        {
            Set(doc, "late_" + random.Next(1 + Math.Min(age / 30, 12)), random.Next(6) == 0 ? BsonLeaf.String(Word()) : BsonLeaf.Int32(random.Next()));
        }
    }

    private void ChangeOne(BsonDoc doc, int age)
    {
        int at = random.Next(1, doc.Fields.Count);
        (string name, BsonNode value) = doc.Fields[at];
        switch (random.Next(8))
        {
            case 0 when doc.Fields.Count > 4:
                doc.Fields.RemoveAt(at);
                break;
            case 1:
                AddLateFields(doc, age);
                break;
            case 2: // moved to the end, as a $rename or an unset and set in one update do
                doc.Fields.RemoveAt(at);
                doc.Add(name, random.Next(2) == 0 ? value : Any(1));
                break;
            case 3:
                doc.Fields[at] = (name, Any(2));
                break;
            default:
                doc.Fields[at] = (name, ChangeValue(name, value));
                break;
        }
    }

    private BsonNode ChangeValue(string name, BsonNode value)
    {
        switch (value)
        {
            case BsonDoc nested when nested.Fields.Count > 0 && random.Next(4) > 0:
                ChangeNested(nested);
                return nested;
            case BsonList list when random.Next(5) > 0:
                ChangeList(list);
                return list;
            default:
                return Array.IndexOf(PlainFields, name) >= 0 ? Plain(name) : Any(2);
        }
    }

    private void ChangeNested(BsonDoc nested)
    {
        int at = random.Next(nested.Fields.Count);
        (string name, BsonNode value) = nested.Fields[at];
        switch (random.Next(5))
        {
            case 0:
                nested.Fields.RemoveAt(at);
                break;
            case 1:
                Set(nested, "n" + random.Next(4), Any(1));
                break;
            default:
                nested.Fields[at] = (name, ChangeValue("", value));
                break;
        }
    }

    private void ChangeList(BsonList list)
    {
        switch (random.Next(4))
        {
            case 0 when list.Items.Count > 0:
                list.Items.RemoveRange(list.Items.Count - 1, 1);
                break;
            case 1 when list.Items.Count > 0:
                list.Items.RemoveAt(random.Next(list.Items.Count)); // shifts what follows
                break;
            case 2 when list.Items.Count > 0:
                int at = random.Next(list.Items.Count);
                list.Items[at] = ChangeValue("", list.Items[at]);
                break;
            default:
                list.Items.Add(random.Next(3) == 0 ? Any(1) : Item());
                break;
        }
    }

    private BsonNode Id(IdKind kind, int n) => kind switch
    {
        IdKind.ObjectId => BsonLeaf.ObjectId(1_700_000_000, (ulong)n),
        IdKind.Int32 => BsonLeaf.Int32(n),
        IdKind.Text => BsonLeaf.String("k" + n + Word()),
        IdKind.Uuid => BsonLeaf.Binary(4, [.. RandomBytes(12), .. BitConverter.GetBytes(n)]),
        IdKind.Document => new BsonDoc().Add("k", BsonLeaf.String("d" + n)).Add("n", MixedLeaf(n)),
        IdKind.LaterMixed when n < 40 => BsonLeaf.Int32(n),
        _ => n % 10 == 0 ? new BsonDoc().Add("n", BsonLeaf.Int32(n)) : MixedLeaf(n),
    };

    private BsonLeaf MixedLeaf(int n) => (n % 9) switch
    {
        0 => BsonLeaf.Int32(n),
        1 => BsonLeaf.Int64(n + (1L << 40)),
        2 => BsonLeaf.Double(n + 0.5),
        3 => BsonLeaf.String("k" + n),
        4 => BsonLeaf.ObjectId(1_700_000_000, (ulong)n),
        5 => BsonLeaf.Binary(4, [.. RandomBytes(12), .. BitConverter.GetBytes(n)]),
        6 => BsonLeaf.Date(n * 1000L),
        7 => BsonLeaf.Decimal((n * 100L) + 25, -2),
        _ => BsonLeaf.Binary(0, BitConverter.GetBytes(n)),
    };

    private BsonDoc Object(int depth)
    {
        var doc = new BsonDoc();
        foreach (int i in Enumerable.Range(0, random.Next(4)))
        {
            doc.Add(random.Next(6) == 0 ? OddNames[random.Next(OddNames.Length)] + i : "n" + i, Any(depth));
        }

        return doc;
    }

    private BsonDoc Customer() => new BsonDoc()
        .Add("name", BsonLeaf.String(Word()))
        .Add("email", BsonLeaf.String("c" + random.Next(500) + "@example.org"))
        .Add("address", new BsonDoc().Add("city", BsonLeaf.String(Word())).Add("zip", BsonLeaf.Int32(random.Next(99999))))
        .Add("score", random.Next(2) == 0 ? BsonLeaf.Double(random.NextDouble()) : BsonLeaf.Int32(random.Next(9)));

    private BsonNode Item() => new BsonDoc()
        .Add("sku", BsonLeaf.String("s" + random.Next(99)))
        .Add("n", BsonLeaf.Int32(random.Next(9)))
        .Add("each", BsonLeaf.Decimal(random.Next(9999), -2));

    private BsonLeaf ObjectId() => BsonLeaf.ObjectId((uint)random.Next(), (ulong)random.NextInt64());

    private BsonLeaf Date() => BsonLeaf.Date(random.Next(8) switch
    {
        0 => random.NextInt64(FirstDay, LastDay + 1),
        1 => -1,
        2 => 0,
        _ => random.NextInt64(1_500_000_000_000, 1_800_000_000_000),
    });

    private double OddDouble() => random.Next(9) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => double.NegativeInfinity,
        3 => -0.0,
        4 => double.Epsilon,
        5 => double.MaxValue,
        6 => random.Next(1000),
        _ => random.NextDouble() * Math.Pow(10, random.Next(-20, 20)),
    };

    private BsonLeaf OddDecimal() => random.Next(8) switch
    {
        0 => BsonLeaf.DecimalBits(0x7C00_0000_0000_0000, 0),
        1 => BsonLeaf.DecimalBits(0x7800_0000_0000_0000, 0),
        2 => BsonLeaf.DecimalBits(0xF800_0000_0000_0000, 0),
        3 => BsonLeaf.Decimal(BigInteger.Pow(10, 34) - 1 - random.Next(99), -random.Next(34)),
        4 => BsonLeaf.Decimal(random.Next(), random.Next(1, 40)),
        5 => BsonLeaf.Decimal(random.Next(), -random.Next(30, 60)),
        _ => BsonLeaf.Decimal(random.NextInt64(), -random.Next(12)),
    };

    private string Word() => Words[random.Next(Words.Length)] + (random.Next(3) == 0 ? random.Next(1000).ToString() : "");

    private byte[] Bytes() => RandomBytes(random.Next(12));

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Set(BsonDoc doc, string name, BsonNode value)
    {
        int at = doc.Fields.FindIndex(f => f.Name == name);
        if (at < 0)
        {
            doc.Add(name, value);
        }
        else
        {
            doc.Fields[at] = (name, value);
        }
    }
}
