using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using Millrace.Sqlite;
using SQLitePCL;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>Where a document stands in the image log.</summary>
/// <param name="Address">Its record's address.</param>
/// <param name="Size">Its record's bytes.</param>
internal readonly record struct ImagePlace(long Address, int Size);

/// <summary>
/// Which record of the image log each key's document is, and the position of the MongoDB log that this holds at, in a SQLite file. A commit need
/// not survive a power cut. One thread writes and another may look keys up, each through a connection of its own.
/// </summary>
internal sealed class ImageIndex : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS imported (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS segments (number INTEGER PRIMARY KEY, live INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS images (
            collection INTEGER NOT NULL, key BLOB NOT NULL, address INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID;
        """;

    private readonly List<IDisposable> _owned = [];
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly ImageStatement _put;
    private readonly ImageStatement _delete;
    private readonly ImageStatement _written;
    private readonly ImageStatement _get;
    private readonly ImageStatement _begin;
    private readonly ImageStatement _commit;
    private readonly ImageStatement _beginRead;
    private readonly ImageStatement _endRead;
    private bool _isChecked;
    private volatile int _version;
    private volatile int _readVersion = -1;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="MillraceException">It cannot be opened; where it is damaged, see <see cref="ImageFailures.IsDamage"/>.</exception>
    public ImageIndex(string path)
    {
        try
        {
            _writer = Own(SqliteDatabase.Open(path, SqliteSynchronous.Normal));
            SqliteDatabase.Execute(_writer, Schema);
            // Lookups jump about; writes go through the file from front to back and want little.
            SqliteDatabase.Execute(_writer, "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4096");
            _reader = Own(SqliteDatabase.Open(path, SqliteSynchronous.Normal));
            SqliteDatabase.Execute(_reader, "PRAGMA cache_size = -24576");
            _put = Write("INSERT INTO images VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET address = excluded.address, size = excluded.size");
            _delete = Write("DELETE FROM images WHERE collection = ?1 AND key = ?2");
            _written = Write("SELECT address, size FROM images WHERE collection = ?1 AND key = ?2");
            _begin = Write("BEGIN IMMEDIATE");
            _commit = Write("COMMIT");
            _get = Read("SELECT address, size FROM images WHERE collection = ?1 AND key = ?2");
            _beginRead = Read("BEGIN");
            _endRead = Read("COMMIT");
        }
        catch
        {
            // A handle that stays open would remove the write-ahead log of the file that takes this one's place.
            Dispose();
            throw;
        }
    }

    /// <summary>True once a statement found that the file is damaged.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>How many commits there were.</summary>
    public int Version => _version;

    /// <summary>Takes note of what a statement failed with.</summary>
    public void Note(MillraceException failure) => IsDamaged |= ImageFailures.IsDamage(failure);

    /// <summary>Looks a key up as last committed.</summary>
    public bool TryGet(int collection, ReadOnlySpan<byte> key, out ImagePlace place)
    {
        RefreshReader();
        return TryGet(_get, collection, key, out place);
    }

    /// <summary>Looks a key up as last written, by the thread that writes.</summary>
    public bool TryGetWritten(int collection, ReadOnlySpan<byte> key, out ImagePlace place) => TryGet(_written, collection, key, out place);

    /// <summary>The next keys of a collection in their order, as last committed.</summary>
    public List<byte[]> KeysAfter(int collection, ReadOnlySpan<byte> key, int count)
    {
        RefreshReader();
        var keys = new List<byte[]>(count);
        using ImageStatement rows = new(this, _reader.Handle!, "SELECT key FROM images WHERE collection = ?1 AND key > ?2 ORDER BY key LIMIT ?3");
        rows.Bind(1, collection).Bind(2, key).Bind(3, count);
        while (rows.Step())
        {
            keys.Add(rows.Blob(0).ToArray());
        }

        return keys;
    }

    /// <summary>Reads all of the file and its order, once; SQLite keeps no checksums, so a changed key shows only there.</summary>
    /// <exception cref="MillraceException">MR1116: it is damaged.</exception>
    public void Check()
    {
        if (_isChecked)
        {
            return;
        }

        RefreshReader();
        using ImageStatement rows = new(this, _reader.Handle!, "PRAGMA integrity_check(1)");
        if (rows.Step() && rows.Text(0) is var found && found != "ok")
        {
            MillraceException failure = ImageFailures.Failed(new SqliteException(found, raw.SQLITE_CORRUPT, raw.SQLITE_CORRUPT), _reader.DataSource);
            Note(failure);
            throw failure;
        }

        _isChecked = true;
    }

    /// <summary>Ends the transaction of lookups: one that is open at a commit keeps the write-ahead log from being used anew.</summary>
    public void ReleaseReader() => EndRead();

    /// <summary>True where no lookup can see what a version replaced.</summary>
    public bool IsPast(int version) => _readVersion is var read && (read < 0 || read >= version);

    /// <summary>The names of the collections and their numbers.</summary>
    public Dictionary<string, int> ReadCollections()
    {
        var collections = new Dictionary<string, int>(StringComparer.Ordinal);
        using ImageStatement rows = new(this, _writer.Handle!, "SELECT name, id FROM collections");
        while (rows.Step())
        {
            collections[rows.Text(0)] = (int)rows.Integer(1);
        }

        return collections;
    }

    /// <summary>The segments and the bytes in each that a key points to.</summary>
    public Dictionary<int, long> ReadSegments()
    {
        var segments = new Dictionary<int, long>();
        using ImageStatement rows = new(this, _writer.Handle!, "SELECT number, live FROM segments");
        while (rows.Step())
        {
            segments[(int)rows.Integer(0)] = rows.Integer(1);
        }

        return segments;
    }

    /// <summary>Keeps the bytes of a segment that a key points to.</summary>
    public void WriteSegment(int number, long live)
    {
        using ImageStatement statement = new(this, _writer.Handle!, "INSERT INTO segments VALUES (?1, ?2) ON CONFLICT DO UPDATE SET live = excluded.live");
        statement.Bind(1, number).Bind(2, live).Run();
    }

    /// <summary>Forgets a segment.</summary>
    public void DeleteSegment(int number)
    {
        using ImageStatement statement = new(this, _writer.Handle!, "DELETE FROM segments WHERE number = ?1");
        statement.Bind(1, number).Run();
    }

    /// <summary>A number of the state, or null.</summary>
    public ulong? ReadState(string name) => ReadText(name) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>A text of the state, or null.</summary>
    public string? ReadText(string name)
    {
        using ImageStatement rows = new(this, _writer.Handle!, "SELECT value FROM state WHERE name = ?1");
        return rows.Bind(1, name).Step() ? rows.Text(0) : null;
    }

    /// <summary>Sets a number of the state.</summary>
    public void WriteState(string name, ulong value) => WriteText(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a text of the state.</summary>
    public void WriteText(string name, string value)
    {
        using ImageStatement statement = new(this, _writer.Handle!, "INSERT INTO state VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value");
        statement.Bind(1, name).Bind(2, value).Run();
    }

    /// <summary>The fingerprint of the file that a collection was imported from, or null.</summary>
    public string? ImportedFrom(string name)
    {
        using ImageStatement rows = new(this, _writer.Handle!, "SELECT fingerprint FROM imported WHERE name = ?1");
        return rows.Bind(1, name).Step() ? rows.Text(0) : null;
    }

    /// <summary>Keeps the fingerprint of the file that a collection was imported from.</summary>
    public void WriteImported(string name, string fingerprint)
    {
        using ImageStatement statement = new(
            this, _writer.Handle!, "INSERT INTO imported VALUES (?1, ?2) ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint");
        statement.Bind(1, name).Bind(2, fingerprint).Run();
    }

    /// <summary>Points a key to a record.</summary>
    public void Put(int collection, ReadOnlySpan<byte> key, ImagePlace place) =>
        _put.Bind(1, collection).Bind(2, key).Bind(3, place.Address).Bind(4, place.Size).Run();

    /// <summary>Forgets a key.</summary>
    public void Delete(int collection, ReadOnlySpan<byte> key) => _delete.Bind(1, collection).Bind(2, key).Run();

    /// <summary>Gives a name to a collection.</summary>
    public void NameCollection(string name, int collection)
    {
        using ImageStatement former = new(this, _writer.Handle!, "DELETE FROM collections WHERE id = ?1");
        former.Bind(1, collection).Run();
        using ImageStatement statement = new(this, _writer.Handle!, "INSERT INTO collections VALUES (?1, ?2) ON CONFLICT DO UPDATE SET id = excluded.id");
        statement.Bind(1, name).Bind(2, collection).Run();
    }

    /// <summary>Forgets a collection and its keys.</summary>
    /// <returns>The segments and the bytes in each that its keys pointed to.</returns>
    public List<(int Segment, long Bytes)> DropCollection(int collection)
    {
        var dropped = new List<(int Segment, long Bytes)>();
        using (ImageStatement rows = new(this, _writer.Handle!, "SELECT address >> 32, sum(size) FROM images WHERE collection = ?1 GROUP BY 1"))
        {
            rows.Bind(1, collection);
            while (rows.Step())
            {
                dropped.Add(((int)rows.Integer(0), rows.Integer(1)));
            }
        }

        using ImageStatement images = new(this, _writer.Handle!, "DELETE FROM images WHERE collection = ?1");
        images.Bind(1, collection).Run();
        using ImageStatement names = new(this, _writer.Handle!, "DELETE FROM collections WHERE id = ?1");
        names.Bind(1, collection).Run();
        return dropped;
    }

    /// <summary>Begins a transaction of writes.</summary>
    public void Begin() => _begin.Run();

    /// <summary>Commits the writes and lets lookups see them.</summary>
    public void Commit()
    {
        _commit.Run();
        _version++;
    }

    /// <summary>Undoes the writes.</summary>
    public void Rollback() => SqliteDatabase.RollBack(_writer);

    /// <summary>Forgets everything, within a transaction: documents without their state, or a state without its documents, would pass for whole.</summary>
    public void Clear()
    {
        EndRead();
        foreach (string table in (ReadOnlySpan<string>)["state", "images", "collections", "imported", "segments"])
        {
            using ImageStatement statement = new(this, _writer.Handle!, "DELETE FROM " + table);
            statement.Run();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private ImageStatement Write(string sql) => Own(new ImageStatement(this, _writer.Handle!, sql));

    private ImageStatement Read(string sql) => Own(new ImageStatement(this, _reader.Handle!, sql));

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    private static bool TryGet(ImageStatement statement, int collection, ReadOnlySpan<byte> key, out ImagePlace place)
    {
        bool found = statement.Bind(1, collection).Bind(2, key).Step();
        place = found ? new(statement.Integer(0), (int)statement.Integer(1)) : default;
        statement.Reset();
        return found;
    }

    /// <summary>Lookups share one read transaction until something was committed: beginning one costs more than a lookup.</summary>
    private void RefreshReader()
    {
        int version = _version;
        if (_readVersion != version)
        {
            EndRead();
            _beginRead.Run();
            _readVersion = version;
        }
    }

    private void EndRead()
    {
        if (_readVersion >= 0)
        {
            _endRead.Run();
            _readVersion = -1;
        }
    }
}
