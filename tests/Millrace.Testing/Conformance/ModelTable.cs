using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.Testing.Conformance;

/// <summary>
/// What a merged table must hold, worked out one change at a time by the words of the contract and nothing else. How the changes are split into
/// batches and loads does not come into it.
/// </summary>
public sealed class ModelTable(MergeStrategy strategy, DeleteMode deleteMode, bool isChangeCapture)
{
    private readonly Dictionary<string, Row> _rows = [];
    private readonly Dictionary<string, int> _tombstones = [];
    private readonly List<(string Key, string Image)> _closed = [];

    /// <summary>Applies one change.</summary>
    public void Apply(ModelEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Row? row = _rows.GetValueOrDefault(change.Key);
        int newest = Math.Max(row?.Place ?? 0, _tombstones.GetValueOrDefault(change.Key));
        if (isChangeCapture && change.Place <= newest)
        {
            return;
        }

        if (change.Kind == ChangeKind.Delete)
        {
            Delete(change, row);
        }
        else if (strategy == MergeStrategy.Scd2)
        {
            Version(change, row);
        }
        else if (row is null || row.IsDeleted || strategy != MergeStrategy.InsertOnly)
        {
            _rows[change.Key] = Merge(change, row);
        }
    }

    /// <summary>Removes every row by the delete mode, as the drop of a dataset does.</summary>
    public void DeleteAll()
    {
        foreach ((string key, Row row) in _rows.ToArray())
        {
            if (deleteMode == DeleteMode.Soft)
            {
                _rows[key] = row with { IsDeleted = true };
            }
            else if (deleteMode == DeleteMode.Hard)
            {
                _rows.Remove(key);
            }
        }
    }

    /// <summary>The rows: key, a, b and live, deleted or closed; sorted.</summary>
    public List<string> Rows()
    {
        IEnumerable<string> open = _rows.Select(r => $"{r.Key}|{r.Value.Image}|{(r.Value.IsDeleted ? "deleted" : "live")}");
        IEnumerable<string> closed = _closed.Select(c => $"{c.Key}|{c.Image}|closed");
        return [.. open.Concat(closed).Order(StringComparer.Ordinal)];
    }

    private void Delete(ModelEvent change, Row? row)
    {
        if (deleteMode == DeleteMode.Ignore)
        {
            return;
        }

        if (strategy == MergeStrategy.Scd2)
        {
            Close(change, row);
        }
        else if (deleteMode == DeleteMode.Soft && row is not null)
        {
            _rows[change.Key] = row with { IsDeleted = true, Place = change.Place };
            return;
        }

        _rows.Remove(change.Key);
        _tombstones[change.Key] = change.Place;
    }

    private void Close(ModelEvent change, Row? row)
    {
        if (row is not null)
        {
            _closed.Add((change.Key, row.Image));
        }
    }

    private void Version(ModelEvent change, Row? row)
    {
        Row next = Merge(change, row);
        if (row is not null && row.Image == next.Image)
        {
            return;
        }

        Close(change, row);
        _rows[change.Key] = next;
    }

    private static Row Merge(ModelEvent change, Row? row) =>
        new(change.HasA ? change.A : row?.A, change.HasB ? change.B : row?.B, false, change.Place);

    private sealed record Row(long? A, string? B, bool IsDeleted, int Place)
    {
        public string Image => $"{A?.ToString(CultureInfo.InvariantCulture) ?? "-"}|{B ?? "-"}";
    }
}
