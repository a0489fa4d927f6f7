using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Errors;
using Millrace.Sqlite;
using SQLitePCL;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// The documents of a task's collections as they were at one position of the log, in a SQLite file. It never runs ahead of the
/// destination. It can be rebuilt from the dump and the log, so a commit need not survive a power cut.
/// One thread writes and another may look documents up, each through a connection of its own.
/// </summary>
internal sealed class ImageStore : IDisposable
{
    // The documents stand apart from their keys: in one tree with them, every level of the tree would hold whole documents, and there would be
    // twice as many levels to go down.
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS imported (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS images (
            id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, key BLOB NOT NULL, document BLOB NOT NULL,
            UNIQUE (collection, key));
        """;

    private const long ImportBytesACommit = 64L << 20;

    private const int DocumentsBetweenChecks = 4096;

    private readonly List<IDisposable> _owned = [];
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly ImageStatement _put;
    private readonly ImageStatement _delete;
    private readonly ImageStatement _get;
    private readonly ImageStatement _begin;
    private readonly ImageStatement _commit;
    private readonly ImageStatement _beginRead;
    private readonly ImageStatement _endRead;
    private volatile int _version;
    private int _readVersion = -1;

    /// <summary>True once a statement found that the file is damaged.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="MillraceException">It cannot be opened; where it is damaged, see <see cref="IsDamage"/>.</exception>
    public ImageStore(string path)
    {
        try
        {
            _writer = Own(SqliteDatabase.Open(path, SqliteSynchronous.Normal));
            SqliteDatabase.Execute(_writer, Schema);
            // Lookups jump about; writes go through the file from front to back and want little.
            SqliteDatabase.Execute(_writer, "PRAGMA cache_size = -12288; PRAGMA wal_autocheckpoint = 8192");
            _reader = Own(SqliteDatabase.Open(path, SqliteSynchronous.Normal));
            SqliteDatabase.Execute(_reader, "PRAGMA cache_size = -40960");
            sqlite3 writer = _writer.Handle!;
            sqlite3 reader = _reader.Handle!;
            _put = Own(new ImageStatement(
                this, writer, "INSERT INTO images (collection, key, document) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET document = excluded.document"));
            _delete = Own(new ImageStatement(this, writer, "DELETE FROM images WHERE collection = ?1 AND key = ?2"));
            _begin = Own(new ImageStatement(this, writer, "BEGIN IMMEDIATE"));
            _commit = Own(new ImageStatement(this, writer, "COMMIT"));
            _get = Own(new ImageStatement(this, reader, "SELECT document FROM images WHERE collection = ?1 AND key = ?2"));
            _beginRead = Own(new ImageStatement(this, reader, "BEGIN"));
            _endRead = Own(new ImageStatement(this, reader, "COMMIT"));
        }
        catch
        {
            // A handle that stays open would remove the write-ahead log of the file that takes this one's place.
            Dispose();
            throw;
        }
    }

    /// <summary>True where an error says that the file is not a whole SQLite file.</summary>
    public static bool IsDamage(Exception exception) =>
        (exception as SqliteException ?? exception.InnerException as SqliteException) is { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Takes note of what a statement failed with.</summary>
    public void Note(MillraceException failure) => IsDamaged |= IsDamage(failure);

    /// <summary>Removes a store that nobody has open.</summary>
    public static void Delete(string path)
    {
        foreach (string suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
        {
            File.Delete(path + suffix);
        }
    }

    /// <summary>Looks a document up.</summary>
    public bool TryGet(int collection, ReadOnlySpan<byte> key, ByteBuffer document)
    {
        RefreshReader();
        document.Clear();
        bool found = _get.Bind(1, collection).Bind(2, key).Step();
        if (found)
        {
            document.Write(_get.Blob(0));
        }

        _get.Reset();
        return found;
    }

    /// <summary>The next keys of a collection in their order, as last committed.</summary>
    public List<byte[]> KeysAfter(int collection, ReadOnlySpan<byte> key, int count)
    {
        RefreshReader();
        var keys = new List<byte[]>(count);
        using var rows = new ImageStatement(this, _reader.Handle!, "SELECT key FROM images WHERE collection = ?1 AND key > ?2 ORDER BY key LIMIT ?3");
        rows.Bind(1, collection).Bind(2, key).Bind(3, count);
        while (rows.Step())
        {
            keys.Add(rows.Blob(0).ToArray());
        }

        return keys;
    }

    /// <summary>The names of the collections and their numbers.</summary>
    public Dictionary<string, int> ReadCollections()
    {
        var collections = new Dictionary<string, int>(StringComparer.Ordinal);
        using var rows = new ImageStatement(this, _writer.Handle!, "SELECT name, id FROM collections");
        while (rows.Step())
        {
            collections[rows.Text(0)] = (int)rows.Integer(1);
        }

        return collections;
    }

    /// <summary>A number of the state, or null.</summary>
    public ulong? ReadState(string name) => ReadText(name) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>A text of the state, or null.</summary>
    public string? ReadText(string name)
    {
        using var rows = new ImageStatement(this, _writer.Handle!, "SELECT value FROM state WHERE name = ?1");
        return rows.Bind(1, name).Step() ? rows.Text(0) : null;
    }

    /// <summary>Sets a number of the state.</summary>
    public void WriteState(string name, ulong value) => WriteText(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a text of the state.</summary>
    public void WriteText(string name, string value)
    {
        using var statement = new ImageStatement(this, _writer.Handle!, "INSERT INTO state VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value");
        statement.Bind(1, name).Bind(2, value).Run();
    }

    /// <summary>The fingerprint of the file that a collection was imported from, or null.</summary>
    public string? ImportedFrom(string name)
    {
        using var rows = new ImageStatement(this, _writer.Handle!, "SELECT fingerprint FROM imported WHERE name = ?1");
        return rows.Bind(1, name).Step() ? rows.Text(0) : null;
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

    /// <summary>Writes one record, within a transaction.</summary>
    public void Write(ImageRecord record)
    {
        switch (record.Kind)
        {
            case ImageRecordKind.Put:
                _put.Bind(1, record.Collection).Bind(2, record.Key).Bind(3, record.Document).Run();
                break;
            case ImageRecordKind.Delete:
                _delete.Bind(1, record.Collection).Bind(2, record.Key).Run();
                break;
            case ImageRecordKind.Name:
                NameCollection(System.Text.Encoding.UTF8.GetString(record.Key), record.Collection);
                break;
            default:
                DropCollection(record.Collection);
                break;
        }
    }

    /// <summary>Imports a dumped collection: every whole document, by <c>_id</c>. Repeating it after a crash is harmless.</summary>
    public void Import(string name, int collection, IDocumentFile file, CancellationToken cancellationToken)
    {
        using var reader = new DocumentReader(file, 0);
        using var key = new ByteBuffer();
        Begin();
        try
        {
            NameCollection(name, collection);
            long committed = 0;
            int untilCheck = DocumentsBetweenChecks;
            while (reader.Read(out ReadOnlySpan<byte> document) == ReadStatus.Document)
            {
                if (--untilCheck == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    untilCheck = DocumentsBetweenChecks;
                }

                ImportDocument(collection, document, key);
                if (reader.Offset - committed > ImportBytesACommit)
                {
                    Commit();
                    Begin();
                    committed = reader.Offset;
                }
            }

            using (var done = new ImageStatement(this, _writer.Handle!, "INSERT INTO imported VALUES (?1, ?2) ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint"))
            {
                done.Bind(1, name).Bind(2, file.Fingerprint).Run();
            }

            Commit();
        }
        finally
        {
            Rollback();
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        EndRead();
        Begin();
        try
        {
            // As one: documents without their state, or a state without its documents, would pass for whole.
            SqliteDatabase.Execute(_writer, "DELETE FROM state; DELETE FROM images; DELETE FROM collections; DELETE FROM imported");
            Commit();
        }
        finally
        {
            Rollback();
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

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    private void ImportDocument(int collection, ReadOnlySpan<byte> document, ByteBuffer key)
    {
        // A document that is not valid went to quarantine when the snapshot was read; it can have no after-image.
        if (!BsonValidator.TryValidate(document, out _))
        {
            return;
        }

        var fields = new BsonReader(document);
        if (fields.Find("_id"u8))
        {
            ImageKey.Write(fields.Current, key);
            _put.Bind(1, collection).Bind(2, key.WrittenSpan).Bind(3, document).Run();
        }
    }

    private void NameCollection(string name, int collection)
    {
        using var former = new ImageStatement(this, _writer.Handle!, "DELETE FROM collections WHERE id = ?1");
        former.Bind(1, collection).Run();
        using var statement = new ImageStatement(this, 
            _writer.Handle!, "INSERT INTO collections VALUES (?1, ?2) ON CONFLICT DO UPDATE SET id = excluded.id");
        statement.Bind(1, name).Bind(2, collection).Run();
    }

    private void DropCollection(int collection)
    {
        using var images = new ImageStatement(this, _writer.Handle!, "DELETE FROM images WHERE collection = ?1");
        images.Bind(1, collection).Run();
        using var names = new ImageStatement(this, _writer.Handle!, "DELETE FROM collections WHERE id = ?1");
        names.Bind(1, collection).Run();
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
