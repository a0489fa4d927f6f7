using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Entries of transactions that are not decided yet: in memory up to a bound, further ones in a temporary file, which is empty again once all
/// of its entries were taken. Not safe for concurrent use.
/// </summary>
/// <param name="path">The temporary file; removed when it is closed.</param>
/// <param name="maxMemory">Bytes kept in memory.</param>
internal sealed class TransactionSpill(string path, long maxMemory) : IDisposable
{
    private FileStream? _file;
    private int _inFile;

    /// <summary>Bytes in memory.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Bytes in the file.</summary>
    public long FileBytes => _file?.Length ?? 0;

    /// <summary>Keeps an entry.</summary>
    public KeptEntry Keep(ReadOnlySpan<byte> document)
    {
        if (MemoryBytes + document.Length <= maxMemory)
        {
            MemoryBytes += document.Length;
            return new(document.ToArray(), 0, document.Length);
        }

        _file ??= new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        long offset = _file.Length;
        _file.Position = offset;
        _file.Write(document);
        _inFile++;
        return new(null, offset, document.Length);
    }

    /// <summary>Reads an entry that is kept.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="buffer">Room for one that stands in the file; replaced by it.</param>
    public ReadOnlySpan<byte> Read(KeptEntry entry, ByteBuffer buffer)
    {
        if (entry.Bytes is not null)
        {
            return entry.Bytes;
        }

        buffer.Clear();
        _file!.Position = entry.Offset;
        _file.ReadExactly(buffer.GetSpan(entry.Length)[..entry.Length]);
        buffer.Advance(entry.Length);
        return buffer.WrittenSpan;
    }

    /// <summary>Gives an entry's room back.</summary>
    public void Release(KeptEntry entry)
    {
        if (entry.Bytes is not null)
        {
            MemoryBytes -= entry.Length;
        }
        else if (--_inFile == 0)
        {
            _file!.SetLength(0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}

/// <summary>Where an entry of an undecided transaction is.</summary>
/// <param name="Bytes">The entry, or null where it stands in the file.</param>
/// <param name="Offset">Its place in the file.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct KeptEntry(byte[]? Bytes, long Offset, int Length);
