namespace Millrace.Core.Batches;

/// <summary>
/// The kinds of change of a batch's rows, gathered on pooled memory. Not safe for concurrent use. Dispose, which may be called again, returns
/// the memory; the kinds must not be read afterwards.
/// </summary>
public sealed class ChangeList : IDisposable
{
    private ChangeKind[] _kinds = [];

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>The kinds, for <see cref="RecordBatch.Changes"/>; <see cref="RecordBatch.ChangesOwner"/> is then this list.</summary>
    public ReadOnlyMemory<ChangeKind> Memory => _kinds.AsMemory(0, Count);

    /// <summary>Adds a row's kind.</summary>
    public void Add(ChangeKind kind)
    {
        if (Count == _kinds.Length)
        {
            Grow();
        }

        _kinds[Count++] = kind;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_kinds.Length > 0)
        {
            ColumnPool<ChangeKind>.Shared.Return(_kinds);
            _kinds = [];
            Count = 0;
        }
    }

    private void Grow()
    {
        ChangeKind[] larger = ColumnPool<ChangeKind>.Shared.Rent(Math.Max(256, _kinds.Length * 2));
        _kinds.AsSpan().CopyTo(larger);
        if (_kinds.Length > 0)
        {
            ColumnPool<ChangeKind>.Shared.Return(_kinds);
        }

        _kinds = larger;
    }
}
