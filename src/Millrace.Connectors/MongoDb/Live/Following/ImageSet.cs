using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Connectors.Hashing;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>Documents of several collections, fetched by their ids, a thousand at a time. Each id is fetched once.</summary>
internal sealed class ImageSet : IDisposable
{
    private const int IdsOfQuery = 1000;
    private const int NotThere = -1;

    private readonly Dictionary<LogCollection, Wanted> _wanted = [];
    private readonly ByteBuffer _documents = new();
    private readonly ByteBuffer _key = new();

    /// <summary>Asks for a document.</summary>
    public void Want(LogCollection collection, BsonValue id)
    {
        if (!_wanted.TryGetValue(collection, out Wanted? wanted))
        {
            wanted = new();
            _wanted[collection] = wanted;
        }

        if (wanted.Places.TryAdd(HashOf(id), (NotThere, 0)))
        {
            wanted.Writer.WriteValue("0"u8, id);
            if (++wanted.Count % IdsOfQuery == 0)
            {
                wanted.Cut();
            }
        }
    }

    /// <summary>Fetches what was asked for.</summary>
    /// <param name="lookup">Fetches.</param>
    /// <param name="notBefore">The place in the log that the documents are no older than.</param>
    public void Fetch(ImageLookup lookup, ulong notBefore)
    {
        foreach ((LogCollection collection, Wanted wanted) in _wanted)
        {
            wanted.Cut();
            foreach (byte[] filter in wanted.Filters)
            {
                using MongoCursor cursor = lookup.Open(collection.Name, filter, notBefore);
                while (cursor.Next(out ReadOnlySpan<byte> document))
                {
                    var id = new BsonReader(document);
                    if (id.Find("_id"u8))
                    {
                        wanted.Places[HashOf(id.Current)] = (_documents.Length, document.Length);
                        _documents.Write(document);
                    }
                }
            }
        }
    }

    /// <summary>A document that was fetched; false where it is not there any more.</summary>
    public bool TryGet(LogCollection collection, BsonValue id, out ReadOnlySpan<byte> document)
    {
        bool isThere = _wanted[collection].Places.TryGetValue(HashOf(id), out (int Offset, int Length) place) && place.Offset != NotThere;
        document = isThere ? _documents.WrittenSpan.Slice(place.Offset, place.Length) : default;
        return isThere;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (Wanted wanted in _wanted.Values)
        {
            wanted.Clear();
        }

        _documents.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Wanted wanted in _wanted.Values)
        {
            wanted.Dispose();
        }

        _documents.Dispose();
        _key.Dispose();
    }

    // 128 bits: that two ids of a few thousand meet in them does not happen.
    private UInt128 HashOf(BsonValue id)
    {
        ImageKey.Write(id, _key);
        return new(ByteHash.Of(_key.WrittenSpan, ByteHash.RandomSeed), ByteHash.Of(_key.WrittenSpan, ~ByteHash.RandomSeed));
    }

    /// <summary>The ids that are asked for in one collection, as filters <c>{_id: {$in: […]}}</c>.</summary>
    private sealed class Wanted : IDisposable
    {
        private readonly ByteBuffer _filter = new();
        private bool _isOpen;

        public Wanted()
        {
            Writer = new(_filter);
            Begin();
        }

        public Dictionary<UInt128, (int Offset, int Length)> Places { get; } = [];

        public List<byte[]> Filters { get; } = [];

        public BsonWriter Writer { get; }

        public int Count { get; set; }

        /// <summary>Ends a filter and begins the next.</summary>
        public void Cut()
        {
            if (Count == 0)
            {
                return;
            }

            Writer.End();
            Writer.End();
            Writer.End();
            Filters.Add(_filter.WrittenSpan.ToArray());
            Begin();
            Count = 0;
        }

        public void Clear()
        {
            Places.Clear();
            Filters.Clear();
            Count = 0;
            Begin();
        }

        public void Dispose() => _filter.Dispose();

        private void Begin()
        {
            if (_isOpen && Writer.Depth > 0)
            {
                Writer.Abandon();
            }

            _isOpen = true;
            _filter.Clear();
            Writer.StartDocument();
            Writer.StartDocument("_id"u8);
            Writer.StartArray("$in"u8);
        }
    }
}
