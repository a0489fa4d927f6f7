using Millrace.Connectors.MongoDb.Files;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Reads the entries of a chain in order, each once, after one timestamp and until another.</summary>
internal sealed class OplogCursor(OplogChain chain, ulong after, ulong until) : IDisposable
{
    private ulong _reached = after;
    private ulong _skipTo = after;
    private int _file = -1;
    private DocumentReader? _reader;

    /// <summary>The file that is read and the offset after the entry, for messages.</summary>
    public (string Path, long Offset) Place => _reader is null ? ("", 0) : (_reader.Path, _reader.Offset);

    /// <summary>Goes to the next entry.</summary>
    /// <param name="document">The entry, valid until the next call.</param>
    /// <param name="timestamp">Its timestamp.</param>
    /// <returns>False after the last.</returns>
    public bool Next(out ReadOnlySpan<byte> document, out ulong timestamp)
    {
        while (_reader is not null || OpenNext())
        {
            // Past its last whole entry a file may be growing.
            if (_reader!.Offset < chain.Files[_file].Facts.End)
            {
                ReadStatus status = _reader.Read(out document);
                if (status != ReadStatus.Document)
                {
                    _reader.Throw(status);
                }

                if (!OplogEntry.TryReadTimestamp(document, out timestamp) || timestamp <= _skipTo)
                {
                    continue;
                }

                if (timestamp <= until)
                {
                    _reached = timestamp;
                    return true;
                }
            }

            _reader.Dispose();
            _reader = null;
        }

        document = default;
        timestamp = 0;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
    }

    private bool OpenNext()
    {
        while (++_file < chain.Files.Length)
        {
            OplogFile file = chain.Files[_file];
            if (file.Facts.Last > _reached)
            {
                // Files overlap: what an earlier one had is skipped.
                _skipTo = _reached;
                _reader = new(file.File, file.Facts.MarkBefore(_reached).Offset);
                return true;
            }
        }

        return false;
    }
}
