using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Cli.Samples;

/// <summary>
/// The shop's life after its dump began, as oplog entries of every kind: inserts, v2 diffs, v1 <c>$set</c>/<c>$unset</c>, replacements, deletes,
/// transactions, noops. The same seed gives the same entries, however many are asked for at a time.
/// </summary>
internal sealed class ShopChanges
{
    private readonly int _orders;
    private readonly ShopDocuments _documents;
    private readonly OplogFiles _log;
    private readonly List<int> _alive;
    private readonly HashSet<int> _touched = [];
    private SampleRandom _random;
    private int _nextOrder;
    private int _nextCustomer;
    private int _revision;
    private long _transactions;

    /// <summary>Starts with the shop as it was when the dump began.</summary>
    /// <param name="seed">The sample's seed.</param>
    /// <param name="orders">Orders that there were then.</param>
    /// <param name="documents">Makes the documents.</param>
    /// <param name="log">Takes the entries.</param>
    public ShopChanges(long seed, int orders, ShopDocuments documents, OplogFiles log)
    {
        _orders = orders;
        _documents = documents;
        _log = log;
        _alive = [.. Enumerable.Range(0, orders)];
        _random = new(seed, 1L << 60);
        _nextOrder = orders;
        _nextCustomer = ShopDocuments.CustomerCount(orders);
    }

    /// <summary>Orders inserted so far.</summary>
    public List<int> Inserted { get; } = [];

    /// <summary>Orders deleted so far.</summary>
    public HashSet<int> Deleted { get; } = [];

    /// <summary>Writes entries until at least this many documents were changed.</summary>
    /// <returns>Documents changed: a transaction changes several at once.</returns>
    public int Write(int changes)
    {
        int done = 0;
        while (done < changes)
        {
            done += One();
        }

        return done;
    }

    private int One()
    {
        int dice = _random.Below(100);
        return dice switch
        {
            < 30 => Insert(),
            < 58 => Diff(),
            < 66 => SetAndUnset(),
            < 76 => Replace(),
            < 84 => Delete(),
            < 90 => MoveCustomer(),
            < 93 => InsertCustomer(),
            < 97 => Transaction(),
            _ => Noop(),
        };
    }

    private int Insert()
    {
        int order = NewOrder();
        _log.Begin("i"u8, "shop.orders"u8);
        InsertBody(order);
        Finish();
        return 1;
    }

    // A server since 5.0 writes updates as a diff: d deletes, u sets what was there, i adds, s<field> goes down.
    private int Diff()
    {
        int order = Pick();
        BsonWriter writer = BeginUpdate(order);
        writer.WriteInt32("$v"u8, 2);
        writer.StartDocument("diff"u8);
        switch (_random.Below(5))
        {
            case 0:
                writer.StartDocument("u"u8);
                writer.WriteString("status"u8, ShopDocuments.Statuses[_random.Below(5)]);
                writer.End();
                break;
            case 1:
                writer.StartDocument("d"u8);
                writer.WriteBoolean("tags"u8, false);
                writer.End();
                writer.StartDocument("u"u8);
                writer.WriteString("priority"u8, "urgent"u8);
                writer.End();
                break;
            case 2:
                writer.StartDocument("i"u8);
                Delivery(writer);
                writer.End();
                break;
            case 3:
                writer.StartDocument("scustomer"u8);
                writer.StartDocument("u"u8);
                writer.WriteString("city"u8, "Reykjavík"u8);
                writer.End();
                writer.End();
                break;
            default:
                QuantityOfFirstItem(writer);
                break;
        }

        writer.End();
        EndUpdate(order);
        return 1;
    }

    private void QuantityOfFirstItem(BsonWriter writer)
    {
        writer.StartDocument("u"u8);
        writer.WriteDecimal128("total"u8, ShopDocuments.Cents(_random.Below(100_000)));
        writer.End();
        writer.StartDocument("sitems"u8);
        writer.WriteBoolean("a"u8, true);
        writer.StartDocument("s0"u8);
        writer.StartDocument("u"u8);
        writer.WriteInt32("qty"u8, 1 + _random.Below(9));
        writer.End();
        writer.End();
        writer.End();
    }

    // Before 5.0: dotted paths under $set and $unset.
    private int SetAndUnset()
    {
        int order = Pick();
        BsonWriter writer = BeginUpdate(order);
        writer.WriteInt32("$v"u8, 1);
        writer.StartDocument("$set"u8);
        writer.WriteString("customer.email"u8, "moved@example.com"u8);
        writer.WriteDouble("weight"u8, _random.Below(9_000) + 0.25);
        writer.End();
        writer.StartDocument("$unset"u8);
        writer.WriteBoolean("gift"u8, true);
        writer.End();
        EndUpdate(order);
        return 1;
    }

    private int Replace()
    {
        int order = Pick();
        _touched.Add(order);
        _log.Begin("u"u8, "shop.orders"u8);
        _documents.Order(_log.Writer, "o"u8, order, _orders, ++_revision);
        Key("o2"u8, order);
        Finish();
        return 1;
    }

    private int Delete()
    {
        int place = _random.Below(_alive.Count);
        int order = _alive[place];
        // The dump may have missed what was deleted while it ran: then nothing but the delete may speak of it.
        if (!_touched.Add(order) || _alive.Count <= 1)
        {
            return Diff();
        }

        _alive[place] = _alive[^1];
        _alive.RemoveAt(_alive.Count - 1);
        Deleted.Add(order);
        _log.Begin("d"u8, "shop.orders"u8);
        Key("o"u8, order);
        Finish();
        return 1;
    }

    private int MoveCustomer()
    {
        _log.Begin("u"u8, "shop.customers"u8);
        MoveCustomerBody();
        Finish();
        return 1;
    }

    private int InsertCustomer()
    {
        int customer = _nextCustomer++;
        _log.Begin("i"u8, "shop.customers"u8);
        _documents.Customer(_log.Writer, "o"u8, customer);
        Finish();
        return 1;
    }

    private int Transaction()
    {
        Span<byte> session = stackalloc byte[16];
        OplogFiles.CollectionUuid("session"u8, session);
        _log.Begin("c"u8, "admin.$cmd"u8);
        BsonWriter writer = _log.Writer;
        writer.StartDocument("lsid"u8);
        writer.WriteBinary("id"u8, 4, session);
        writer.End();
        writer.WriteInt64("txnNumber"u8, ++_transactions);
        writer.StartDocument("o"u8);
        writer.StartArray("applyOps"u8);
        Inside("i"u8, "shop.orders"u8);
        InsertBody(NewOrder());
        writer.End();
        Inside("u"u8, "shop.customers"u8);
        MoveCustomerBody();
        writer.End();
        writer.End();
        writer.End();
        Finish();
        return 2;
    }

    private int Noop()
    {
        _log.Begin("n"u8, ""u8);
        _log.Writer.StartDocument("o"u8);
        _log.Writer.WriteString("msg"u8, "periodic noop"u8);
        _log.Writer.End();
        Finish();
        return 0;
    }

    private void Inside(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> collection)
    {
        _log.Writer.StartDocument(default);
        _log.Operation(operation, collection);
    }

    private void InsertBody(int order)
    {
        _documents.Order(_log.Writer, "o"u8, order, _orders);
        Key("o2"u8, order);
    }

    private void MoveCustomerBody()
    {
        BsonWriter writer = _log.Writer;
        int customer = _random.Below(_nextCustomer);
        writer.StartDocument("o"u8);
        writer.WriteInt32("$v"u8, 2);
        writer.StartDocument("diff"u8);
        writer.StartDocument("saddress"u8);
        writer.StartDocument("u"u8);
        writer.WriteString("city"u8, "Reykjavík"u8);
        writer.WriteString("country"u8, "IS"u8);
        writer.End();
        writer.End();
        writer.End();
        writer.End();
        writer.StartDocument("o2"u8);
        writer.WriteInt32("_id"u8, customer);
        writer.End();
    }

    private void Delivery(BsonWriter writer)
    {
        writer.StartDocument("delivery"u8);
        writer.WriteString("carrier"u8, _random.Chance(50) ? "post"u8 : "bike"u8);
        writer.WriteDateTime("eta"u8, (ShopDocuments.FirstSecond + _random.Below(100_000_000)) * 1000);
        writer.End();
    }

    private BsonWriter BeginUpdate(int order)
    {
        _touched.Add(order);
        _log.Begin("u"u8, "shop.orders"u8);
        _log.Writer.StartDocument("o"u8);
        return _log.Writer;
    }

    private void EndUpdate(int order)
    {
        _log.Writer.End();
        Key("o2"u8, order);
        Finish();
    }

    private void Key(ReadOnlySpan<byte> name, int order)
    {
        Span<byte> id = stackalloc byte[12];
        ShopDocuments.OrderId(order, id);
        _log.Writer.StartDocument(name);
        _log.Writer.WriteObjectId("_id"u8, id);
        _log.Writer.End();
    }

    private void Finish() => _log.Finish(_random.Below(4_000));

    private int Pick() => _alive[_random.Below(_alive.Count)];

    private int NewOrder()
    {
        int order = _nextOrder++;
        _alive.Add(order);
        _touched.Add(order);
        Inserted.Add(order);
        return order;
    }
}
