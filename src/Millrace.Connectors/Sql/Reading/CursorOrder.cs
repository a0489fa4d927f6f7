using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// What is new by a cursor column, in its order. A read begins at the watermark itself, and rows that were read there before are told apart by hashes of
/// all their values: ties are neither lost nor read twice, and a row that was changed at the watermark comes again.
/// </summary>
internal sealed class CursorOrder : ReadOrder
{
    /// <summary>Hashes kept at one value. Beyond it rows at it are read again, which a target that appends is refused.</summary>
    public const int MostTies = 100_000;

    private readonly Relation _relation;
    private readonly RelationColumn _column;
    private readonly RelationalDialect _dialect;
    private readonly CursorPosition _start;
    private readonly IReadOnlyList<string> _bounds;
    private readonly string? _lookback;
    private readonly bool _mayRepeat;
    private readonly Dictionary<long, int> _former = [];
    private readonly List<long> _ties = [];
    private readonly ArrayBufferWriter<byte> _last = new();
    private readonly ArrayBufferWriter<byte> _row = new();
    private bool _hasMore;
    private bool _hasRead;
    private bool _inTies;

    /// <summary>Goes on from a watermark.</summary>
    /// <param name="relation">What is read.</param>
    /// <param name="column">The cursor column.</param>
    /// <param name="dialect">The engine's SQL.</param>
    /// <param name="start">The watermark.</param>
    /// <param name="settings">The task's bounds and lookback, and whether a row that is read again does no harm.</param>
    public CursorOrder(Relation relation, RelationColumn column, RelationalDialect dialect, CursorPosition start, CursorSettings settings)
    {
        _relation = relation;
        _column = column;
        _dialect = dialect;
        _start = start;
        _bounds = settings.Bounds;
        _lookback = start is { IsDone: true, Value: not null } && settings.Lookback is { } lookback ? lookback.Before(dialect, column, start.Value) : null;
        _mayRepeat = settings.MayRepeat;
        _inTies = start.Value is not null && _lookback is null && (start.Ties.Length > 0 || start.HasMore);
        foreach (long tie in _inTies ? start.Ties : [])
        {
            _former[tie] = _former.GetValueOrDefault(tie) + 1;
        }

        _last.Write(Encoding.UTF8.GetBytes(start.Value ?? ""));
        _ties.AddRange(start.Ties);
        _hasMore = start.HasMore;
    }

    /// <inheritdoc/>
    public override bool HasTies => _inTies;

    /// <inheritdoc/>
    public override IEnumerable<string> Columns => [_column.Name];

    /// <inheritdoc/>
    public override IEnumerable<string> Conditions()
    {
        string name = _dialect.Sql.Quote(_column.Name);
        string from = _lookback is { } earlier ? $"{name} >= {earlier}"
            : _start.Value is { } value ? _dialect.After([_column], [value], orEqual: true)
            : _column.Nullable ? $"{name} IS NOT NULL"
            : "";
        return [from, .. _bounds];
    }

    /// <inheritdoc/>
    public override bool IsNew(BatchColumns batch, int row)
    {
        _row.ResetWrittenCount();
        batch.Of(_column.Name).WriteText(row, _row);
        if (!_row.WrittenSpan.SequenceEqual(Encoding.UTF8.GetBytes(_start.Value!)))
        {
            _inTies = false;
            return true;
        }

        long hash = HashOf(batch, row);
        if (_former.TryGetValue(hash, out int left) && left > 0)
        {
            _former[hash] = left - 1;
            return false;
        }

        return !_start.HasMore || _mayRepeat ? true : throw TooManyTies();
    }

    /// <inheritdoc/>
    public override Position? At(BatchColumns batch, bool isAtEnd)
    {
        if (batch.Rows > 0)
        {
            Take(batch);
        }
        else if (!_hasRead && !isAtEnd)
        {
            return _start.Print(_dialect.Scheme);
        }

        bool readsAgain = _hasRead && (_lookback is not null || _start.HasMore);
        string? value = _last.WrittenCount == 0 && _start.Value is null && !_hasRead ? null : Encoding.UTF8.GetString(_last.WrittenSpan);
        var reached = new CursorPosition(_column.Name, value, [.. _ties.Order()], _hasMore, isAtEnd, _start.Passes + (readsAgain ? 1 : 0));
        return reached.Print(_dialect.Scheme);
    }

    // The last value of the batch, and the rows at it.
    private void Take(BatchColumns batch)
    {
        ReadColumn cursor = batch.Of(_column.Name);
        _row.ResetWrittenCount();
        cursor.WriteText(batch.Rows - 1, _row);
        bool goesOn = (_hasRead || _lookback is null) && _row.WrittenSpan.SequenceEqual(_last.WrittenSpan);
        byte[] value = _row.WrittenSpan.ToArray();
        _last.ResetWrittenCount();
        _last.Write(value);
        int first = batch.Rows - 1;
        for (; first > 0; first--)
        {
            _row.ResetWrittenCount();
            cursor.WriteText(first - 1, _row);
            if (!_row.WrittenSpan.SequenceEqual(value))
            {
                break;
            }
        }

        if (first > 0 || !goesOn)
        {
            _ties.Clear();
            _hasMore = false;
        }

        for (int row = first; row < batch.Rows; row++)
        {
            if (_ties.Count < MostTies)
            {
                _ties.Add(HashOf(batch, row));
            }
            else
            {
                _hasMore = true;
            }
        }

        _hasRead = true;
    }

    // By name and value, nulls left out: a column that is added changes no row that has no value in it.
    private long HashOf(BatchColumns batch, int row)
    {
        _row.ResetWrittenCount();
        foreach (ReadColumn column in batch.All)
        {
            if (column.HasValue(row))
            {
                _row.Write(column.NameBytes);
                column.WriteText(row, _row);
                _row.Write("\0"u8);
            }
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_row.WrittenSpan, hash);
        return BitConverter.ToInt64(hash);
    }

    private MillraceException TooManyTies() => new(
        ErrorCodes.InvalidConfiguration,
        $"More than {Quantity.Of(MostTies, "row")} of {_relation.Dataset} have one value of the cursor field '{_column.Name}', the highest that was read: which of "
            + "them are loaded already is not known, and appending them again would double rows.",
        "Choose a finer cursor_field, such as a time with microseconds, or let rows merge on a key (write_disposition: merge).",
        "source.cursor_field");
}
