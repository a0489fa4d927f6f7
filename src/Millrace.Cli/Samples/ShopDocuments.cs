using System.Buffers.Binary;
using System.Buffers.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Cli.Samples;

/// <summary>
/// The documents of the sample shop. Each is a function of the seed and its number alone, so that a dump and its changes can be made
/// apart. Shapes drift with the number, as they do where nobody declares a schema: <c>weight</c> is an int and later a double,
/// <c>priority</c> a number and now and then a text, <c>channel</c> and <c>coupon</c> appear late, <c>gift</c> is sometimes null.
/// </summary>
internal sealed class ShopDocuments(long seed)
{
    /// <summary>2025-01-01T00:00:00Z in seconds: the first order.</summary>
    public const long FirstSecond = 1_735_689_600;

    private const int SecondsBetweenOrders = 137;

    private static readonly byte[][] Cities =
    [
        "Zürich"u8.ToArray(), "São Paulo"u8.ToArray(), "東京"u8.ToArray(), "Oslo"u8.ToArray(), "Łódź"u8.ToArray(),
        "Nairobi"u8.ToArray(), "Montréal"u8.ToArray(), "Αθήνα"u8.ToArray(), "Lyon"u8.ToArray(), "Bengaluru"u8.ToArray(),
    ];

    private static readonly byte[][] Countries =
    [
        "CH"u8.ToArray(), "BR"u8.ToArray(), "JP"u8.ToArray(), "NO"u8.ToArray(), "PL"u8.ToArray(),
        "KE"u8.ToArray(), "CA"u8.ToArray(), "GR"u8.ToArray(), "FR"u8.ToArray(), "IN"u8.ToArray(),
    ];

    private static readonly byte[][] Names =
    [
        "ada"u8.ToArray(), "grace"u8.ToArray(), "alan"u8.ToArray(), "edsger"u8.ToArray(), "barbara"u8.ToArray(),
        "donald"u8.ToArray(), "margaret"u8.ToArray(), "ken"u8.ToArray(), "radia"u8.ToArray(), "leslie"u8.ToArray(),
    ];

    /// <summary>States of an order.</summary>
    public static IReadOnlyList<byte[]> Statuses { get; } =
        ["placed"u8.ToArray(), "paid"u8.ToArray(), "packed"u8.ToArray(), "shipped"u8.ToArray(), "returned"u8.ToArray()];

    private static readonly byte[][] Tags = ["new"u8.ToArray(), "b2b"u8.ToArray(), "repeat"u8.ToArray(), "express"u8.ToArray()];

    /// <summary>Customers that a shop with this many orders has.</summary>
    public static int CustomerCount(int orders) => Math.Max(10, orders / 20);

    /// <summary>Products that a shop with this many orders has.</summary>
    public static int ProductCount(int orders) => Math.Clamp(orders / 100, 10, 2_000);

    /// <summary>The object id of an order, 12 bytes: the second of the order and its number.</summary>
    public static void OrderId(int number, Span<byte> id)
    {
        BinaryPrimitives.WriteUInt32BigEndian(id, (uint)OrderSecond(number));
        "shop!"u8.CopyTo(id[4..]);
        id[9] = (byte)(number >> 16);
        id[10] = (byte)(number >> 8);
        id[11] = (byte)number;
    }

    /// <summary>Writes an order.</summary>
    /// <param name="writer">At the end of a document, or inside one when <paramref name="name"/> is given.</param>
    /// <param name="name">The field to write it to; empty for a document of its own.</param>
    /// <param name="number">The order's number, from 0.</param>
    /// <param name="orders">Orders in the dump: later ones have the newer shape.</param>
    /// <param name="revision">0 as first written; higher after a replacement.</param>
    public void Order(BsonWriter writer, ReadOnlySpan<byte> name, int number, int orders, int revision = 0)
    {
        var random = new SampleRandom(seed, ((long)revision << 40) | (uint)number);
        bool isLate = number >= orders / 10 * 6;
        Span<byte> id = stackalloc byte[12];
        OrderId(number, id);
        Start(writer, name);
        writer.WriteObjectId("_id"u8, id);
        writer.WriteInt32("order_no"u8, number);
        Buyer(writer, ref random, CustomerCount(orders));
        writer.WriteString("status"u8, Statuses[revision > 0 ? 3 : random.Below(4)]);
        writer.WriteDateTime("ordered_at"u8, (OrderSecond(number) * 1000) + random.Below(1000));
        Items(writer, ref random, ProductCount(orders), out long cents);
        writer.WriteDecimal128("total"u8, Cents(cents));
        writer.WriteString("currency"u8, "EUR"u8);
        Drifting(writer, ref random, number, isLate);
        writer.End();
    }

    /// <summary>Writes a customer; its <c>_id</c> is an int.</summary>
    public void Customer(BsonWriter writer, ReadOnlySpan<byte> name, int number)
    {
        var random = new SampleRandom(seed, (1L << 50) | (uint)number);
        int place = random.Below(Cities.Length);
        Start(writer, name);
        writer.WriteInt32("_id"u8, number);
        writer.WriteString("name"u8, Names[random.Below(Names.Length)]);
        Email(writer, number, ref random);
        writer.StartDocument("address"u8);
        writer.WriteString("city"u8, Cities[place]);
        writer.WriteString("country"u8, Countries[place]);
        writer.StartDocument("geo"u8);
        writer.WriteDouble("lat"u8, (random.Below(18_000_000) - 9_000_000) / 100_000.0);
        writer.WriteDouble("lon"u8, (random.Below(36_000_000) - 18_000_000) / 100_000.0);
        writer.End();
        writer.End();
        writer.WriteDateTime("since"u8, (FirstSecond - random.Below(100_000_000)) * 1000);
        writer.WriteBoolean("newsletter"u8, random.Chance(40));
        writer.End();
    }

    /// <summary>Writes a product; its <c>_id</c> is a text.</summary>
    public void Product(BsonWriter writer, int number)
    {
        var random = new SampleRandom(seed, (1L << 51) | (uint)number);
        Span<byte> sku = stackalloc byte[16];
        writer.StartDocument();
        writer.WriteString("_id"u8, Sku(sku, number));
        writer.WriteDecimal128("price"u8, Cents(100 + random.Below(50_000)));
        writer.WriteInt64("stock"u8, random.Below(10_000));
        Span<byte> barcode = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(barcode, random.Next());
        BinaryPrimitives.WriteUInt64BigEndian(barcode[8..], random.Next());
        writer.WriteBinary("barcode"u8, 4, barcode);
        writer.End();
    }

    /// <summary>An amount of money with two decimals.</summary>
    public static Decimal128 Cents(long cents) => Decimal128.FromParts(cents < 0, (UInt128)Math.Abs(cents), -2);

    private static long OrderSecond(int number) => FirstSecond + ((long)number * SecondsBetweenOrders);

    private static void Start(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            writer.StartDocument();
        }
        else
        {
            writer.StartDocument(name);
        }
    }

    private static void Buyer(BsonWriter writer, ref SampleRandom random, int customers)
    {
        int customer = random.Below(customers);
        int place = random.Below(Cities.Length);
        writer.StartDocument("customer"u8);
        writer.WriteInt32("id"u8, customer);
        Email(writer, customer, ref random);
        writer.WriteString("city"u8, Cities[place]);
        writer.End();
    }

    private static void Items(BsonWriter writer, ref SampleRandom random, int products, out long cents)
    {
        Span<byte> sku = stackalloc byte[16];
        cents = 0;
        writer.StartArray("items"u8);
        for (int left = 1 + random.Below(2); left > 0; left--)
        {
            int quantity = 1 + random.Below(4);
            int price = 100 + random.Below(50_000);
            cents += quantity * price;
            writer.StartDocument(default);
            writer.WriteString("sku"u8, Sku(sku, random.Below(products)));
            writer.WriteInt32("qty"u8, quantity);
            writer.WriteDecimal128("price"u8, Cents(price));
            writer.End();
        }

        writer.End();
    }

    private static void Drifting(BsonWriter writer, ref SampleRandom random, int number, bool isLate)
    {
        int grams = 50 + random.Below(9_000);
        if (isLate)
        {
            writer.WriteDouble("weight"u8, grams + 0.5);
            writer.WriteString("channel"u8, random.Chance(70) ? "app"u8 : "web"u8);
        }
        else
        {
            writer.WriteInt32("weight"u8, grams);
        }

        if (number % 50 == 49)
        {
            writer.WriteString("priority"u8, "high"u8);
        }
        else
        {
            writer.WriteInt32("priority"u8, random.Below(5));
        }

        if (random.Chance(20))
        {
            writer.StartArray("tags"u8);
            writer.WriteString(default, Tags[random.Below(Tags.Length)]);
            writer.WriteString(default, Tags[random.Below(Tags.Length)]);
            writer.End();
        }

        if (random.Chance(10))
        {
            writer.WriteNull("gift"u8);
        }

        if (isLate && random.Chance(15))
        {
            writer.StartDocument("coupon"u8);
            writer.WriteString("code"u8, "SPRING"u8);
            writer.WriteDecimal128("off"u8, Cents(random.Below(2_000)));
            writer.End();
        }
    }

    private static void Email(BsonWriter writer, int customer, ref SampleRandom random)
    {
        Span<byte> email = stackalloc byte[40];
        byte[] name = Names[random.Below(Names.Length)];
        name.CopyTo(email);
        Utf8Formatter.TryFormat(customer, email[name.Length..], out int digits);
        "@example.com"u8.CopyTo(email[(name.Length + digits)..]);
        writer.WriteString("email"u8, email[..(name.Length + digits + 12)]);
    }

    private static ReadOnlySpan<byte> Sku(Span<byte> buffer, int product)
    {
        "SKU-"u8.CopyTo(buffer);
        Utf8Formatter.TryFormat(product, buffer[4..], out int digits, new System.Buffers.StandardFormat('D', 6));
        return buffer[..(4 + digits)];
    }
}
