using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// Records one after another in numbered files, the segments, that only ever grow while the log is open. An address is a segment's
/// number and an offset in it; records that come later have higher ones. Nothing is synchronised to the disk: each record carries a checksum,
/// and the store that a power cut damages is built anew. One thread may append, look up and flush while another does, and while others scan.
/// </summary>
internal sealed class ImageLog : IDisposable
{
    private const string Extension = ".images";
    private const int BufferBytes = 1 << 20;
    private const int UsualRecordBytes = 1024;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly int _segmentBytes;
    private readonly Dictionary<int, SafeFileHandle> _segments = [];
    private readonly ByteBuffer _buffer = new(BufferBytes);
    private int _tail;
    private int _flushed;       // bytes of the tail that stand in its file; what follows them is in the buffer

    /// <summary>Opens the segments as they were when the index was last committed; what was written after that is removed.</summary>
    /// <param name="folder">Where the segments are.</param>
    /// <param name="numbers">The segments that the index knows, all of which are before <paramref name="end"/>.</param>
    /// <param name="end">The end that the index knows; 0 where there is nothing.</param>
    /// <param name="segmentBytes">How far a segment grows before the next one is begun.</param>
    /// <exception cref="MillraceException">A segment is missing or too short.</exception>
    public ImageLog(string folder, IEnumerable<int> numbers, long end, int segmentBytes)
    {
        _folder = folder;
        _segmentBytes = segmentBytes;
        try
        {
            _tail = SegmentOf(end);
            _flushed = OffsetOf(end);
            HashSet<int> kept = [.. numbers, .. _tail > 0 ? [_tail] : Array.Empty<int>()];
            DeleteAllBut(kept);
            foreach (int number in kept)
            {
                Open(number);
            }

            if (_tail > 0)
            {
                RandomAccess.SetLength(_segments[_tail], _flushed);
            }
        }
        catch (Exception exception)
        {
            Dispose();
            if (IsOfTheDisk(exception))
            {
                throw ImageFailures.CannotUse(folder, exception);
            }

            throw;
        }
    }

    /// <summary>The address of the next record, if it still goes into this segment.</summary>
    public long End
    {
        get
        {
            lock (_gate)
            {
                return Address(_tail, _flushed + _buffer.Length);
            }
        }
    }

    /// <summary>The segment of an address.</summary>
    public static int SegmentOf(long address) => (int)(address >> 32);

    /// <summary>The segments there are.</summary>
    public int[] Segments
    {
        get
        {
            lock (_gate)
            {
                return [.. _segments.Keys];
            }
        }
    }

    /// <summary>Where a segment begins.</summary>
    public static long StartOf(int segment) => Address(segment, 0);

    /// <summary>True once a record was not as it was written.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Appends a record.</summary>
    /// <returns>Its address.</returns>
    /// <exception cref="MillraceException">The disk is full or fails.</exception>
    public long Append(ImageRecord record)
    {
        lock (_gate)
        {
            if (_tail == 0 || _flushed + _buffer.Length >= _segmentBytes)
            {
                WriteBuffer();
                Create(_tail + 1);
            }

            long address = Address(_tail, _flushed + _buffer.Length);
            record.WriteTo(_buffer);
            if (_buffer.Length >= BufferBytes)
            {
                WriteBuffer();
            }

            return address;
        }
    }

    /// <summary>Writes what was appended to its file.</summary>
    /// <returns>The end of it.</returns>
    /// <exception cref="MillraceException">The disk is full or fails.</exception>
    public long Flush()
    {
        lock (_gate)
        {
            WriteBuffer();
            return Address(_tail, _flushed);
        }
    }

    /// <summary>Reads one record.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="size">Its size; 0 where it is not known.</param>
    /// <param name="bytes">Replaced by bytes that hold the record.</param>
    /// <returns>The record, until <paramref name="bytes"/> changes.</returns>
    /// <exception cref="MillraceException">It is not there as it was written.</exception>
    public ImageRecord Read(long address, int size, ByteBuffer bytes)
    {
        lock (_gate)
        {
            int offset = OffsetOf(address);
            bytes.Clear();
            if (SegmentOf(address) == _tail && offset >= _flushed)
            {
                ReadOnlySpan<byte> unwritten = _buffer.WrittenSpan[(offset - _flushed)..];
                bytes.Write(unwritten[..(int)ImageRecord.SizeOf(unwritten)]);
            }
            else
            {
                SafeFileHandle file = _segments.GetValueOrDefault(SegmentOf(address)) ?? throw Damaged(address);
                try
                {
                    ReadFile(file, offset, size > 0 ? size : UsualRecordBytes, bytes);
                    if (bytes.Length >= ImageRecord.HeaderBytes && ImageRecord.SizeOf(bytes.WrittenSpan) is var whole && whole > bytes.Length
                        && whole <= RandomAccess.GetLength(file) - offset)
                    {
                        ReadFile(file, offset, (int)whole, bytes);
                    }
                }
                catch (IOException)
                {
                    // What the disk does not give back is built anew.
                    throw Damaged(address);
                }
            }
        }

        return ImageRecord.TryRead(bytes.WrittenSpan, out ImageRecord record) ? record : throw Damaged(address);
    }

    /// <summary>Goes through records that are flushed.</summary>
    public ImageScan Scan(long from, long end) => new(this, from, end);

    /// <summary>Bytes of a segment's file from an address on.</summary>
    internal long BytesFrom(long address) => LengthOf(SegmentOf(address)) - OffsetOf(address);

    /// <summary>Reads bytes of a segment, fewer at its end.</summary>
    internal int ReadBytes(long address, Span<byte> bytes)
    {
        SafeFileHandle? file;
        lock (_gate)
        {
            file = _segments.GetValueOrDefault(SegmentOf(address));
        }

        try
        {
            return file is null ? 0 : RandomAccess.Read(file, bytes, OffsetOf(address));
        }
        catch (IOException)
        {
            throw Damaged(address);
        }
    }

    /// <summary>The segment after one, or null.</summary>
    internal int? After(int segment)
    {
        lock (_gate)
        {
            return _segments.Keys.Where(n => n > segment).Select(n => (int?)n).Min();
        }
    }

    /// <summary>Bytes of a segment's file.</summary>
    public long LengthOf(int segment)
    {
        lock (_gate)
        {
            return _segments.TryGetValue(segment, out SafeFileHandle? file) ? RandomAccess.GetLength(file) : 0;
        }
    }

    /// <summary>Removes a segment that nothing points to any more.</summary>
    public void Remove(int segment)
    {
        lock (_gate)
        {
            if (_segments.Remove(segment, out SafeFileHandle? file))
            {
                file.Dispose();
                try
                {
                    File.Delete(PathOf(segment));
                }
                catch (Exception exception) when (IsOfTheDisk(exception))
                {
                    // Who opens the log next deletes what its index does not know.
                }
            }
        }
    }

    /// <summary>Removes all there is. Addresses go on, so that none of before is ever another record's.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            int next = _tail + 1;
            foreach (int segment in _segments.Keys.ToArray())
            {
                Remove(segment);
            }

            _buffer.Clear();
            Create(next);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle file in _segments.Values)
        {
            file.Dispose();
        }

        _segments.Clear();
        _buffer.Dispose();
    }

    /// <summary>Takes note that a record is not as it was written.</summary>
    internal MillraceException Damaged(long address)
    {
        IsDamaged = true;
        return ImageFailures.Damaged(PathOf(SegmentOf(address)));
    }

    private string PathOf(int segment) => Path.Combine(_folder, segment.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    private static long Address(int segment, int offset) => ((long)segment << 32) | (uint)offset;

    private static int OffsetOf(long address) => (int)address;

    private static void ReadFile(SafeFileHandle file, int offset, int count, ByteBuffer bytes)
    {
        bytes.Clear();
        Span<byte> target = bytes.GetSpan(count)[..count];
        bytes.Advance(RandomAccess.Read(file, target, offset));
    }

    private static bool IsOfTheDisk(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private void DeleteAllBut(HashSet<int> kept)
    {
        foreach (string file in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            if (!int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !kept.Contains(number))
            {
                File.Delete(file);
            }
        }
    }

    private void Open(int number)
    {
        string path = PathOf(number);
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (FileNotFoundException)
        {
            throw ImageFailures.Damaged(path);
        }
        catch (Exception exception) when (IsOfTheDisk(exception))
        {
            throw ImageFailures.CannotUse(path, exception);
        }

        _segments[number] = file;
        if (number == _tail && RandomAccess.GetLength(file) < _flushed)
        {
            throw ImageFailures.Damaged(path);
        }
    }

    private void Create(int number)
    {
        try
        {
            _segments[number] = File.OpenHandle(PathOf(number), FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception exception) when (IsOfTheDisk(exception))
        {
            throw ImageFailures.CannotUse(PathOf(number), exception);
        }

        _tail = number;
        _flushed = 0;
    }

    private void WriteBuffer()
    {
        if (_buffer.Length == 0)
        {
            return;
        }

        try
        {
            RandomAccess.Write(_segments[_tail], _buffer.WrittenSpan, _flushed);
        }
        catch (Exception exception) when (IsOfTheDisk(exception))
        {
            throw ImageFailures.CannotUse(PathOf(_tail), exception);
        }

        _flushed += _buffer.Length;
        _buffer.Clear();
    }
}
