using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// What a task makes of a document (mappings, masks, nested mode, chosen fields) as a fingerprint that stands among its checkpoints: a run
/// notices by it that rows which were loaded before have another shape than those that come.
/// </summary>
internal sealed class TaskShape
{
    /// <summary>The partition of the marker.</summary>
    public const string Marker = "#shape";

    // Whoever reads the marker has the masked values too; guessing keys is to cost more by it than by them.
    private const int KeyIterations = 10_000;
    private const int FingerprintBytes = 8;

    private readonly TaskDefinition _task;
    private readonly ImmutableSortedDictionary<string, string> _masked;
    private readonly string _hash;

    public TaskShape(TaskDefinition task)
    {
        _task = task;
        _masked = task.Columns
            .Where(c => c is { Mask: not MaskKind.None, From: not null })
            .GroupBy(c => c.From!, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(g => g.Key, g => string.Join('+', g.Select(FingerprintOf).Order(StringComparer.Ordinal)), StringComparer.Ordinal);
        IEnumerable<string> parts = task.Columns.Select(c => $"{c} = {c.Constant}").Order(StringComparer.Ordinal)
            .Append(task.Nested.ToString())
            .Concat(task.Source.Fields.Order(StringComparer.Ordinal));
        _hash = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, FingerprintBytes));
        IEnumerable<string> masks = _masked.Select(m => Uri.EscapeDataString(m.Key) + (m.Value.Length == 0 ? "" : "=" + m.Value));
        Fingerprint = new($"millrace.shape/{_hash};{string.Join(';', masks)}");
    }

    /// <summary>The fingerprint, and readable in it the paths that are masked, each with a fingerprint of its key where it has one.</summary>
    public Position Fingerprint { get; }

    /// <summary>Compares with the shape that rows have which stay in the tables, before anything is read or written.</summary>
    /// <param name="state">The task's checkpoints.</param>
    /// <param name="target">Says which of the task's tables have rows.</param>
    /// <param name="isPart">True where the run reads only a part: then a new generation leaves rows of the former one in the table.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What to warn of.</returns>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.MaskAdded"/>.</exception>
    public async Task<IReadOnlyList<string>> CompareAsync(GenerationState state, IDestination target, bool isPart, CancellationToken cancellationToken)
    {
        bool goesOn = isPart || state.Current(Marker) is not null;
        if (!goesOn && !LeavesFormerRows)
        {
            return [];
        }

        Position? stored = state.Stored.GetValueOrDefault(Marker)?.Position;
        if (stored is null || stored == Fingerprint)
        {
            return [];
        }

        TableId[] filled = await FilledAsync(state, target, cancellationToken).ConfigureAwait(false);
        if (filled.Length == 0)
        {
            return [];
        }

        string[] parts = stored.Value.Split(';');
        Dictionary<string, string> masked = parts.Skip(1).Where(p => p.Length > 0).Select(p => p.Split('='))
            .ToDictionary(p => Uri.UnescapeDataString(p[0]), p => p.Length > 1 ? p[1] : "", StringComparer.Ordinal);
        ThrowIfMaskAdded([.. _masked.Keys.Except(masked.Keys)], filled);
        return goesOn || !WritesAnew ? [.. Warnings(parts[0], masked)] : [];
    }

    // A new generation removes what it did not write again from a merge that follows the log, where deletes remove, and from what is replaced.
    private bool LeavesFormerRows => _task.Target.Disposition != WriteDisposition.Replace
        && !(_task.Source.Method == ReplicationMethod.ChangeCapture && _task.Target.Disposition == WriteDisposition.Merge
            && _task.Target is { DeleteMode: DeleteMode.Hard, Strategy: not MergeStrategy.Scd2 });

    // There only rows that the source has no more keep the former shape.
    private bool WritesAnew => _task.Target is { Disposition: WriteDisposition.Merge, Strategy: MergeStrategy.Upsert or MergeStrategy.DeleteInsert }
        && _task.Source.Method != ReplicationMethod.FullRefresh;

    private async Task<TableId[]> FilledAsync(GenerationState state, IDestination target, CancellationToken cancellationToken)
    {
        if (_task.Target.Disposition == WriteDisposition.Replace)
        {
            // Its rows wait beside the table until the generation is complete.
            return [.. state.LoadedTables(ofGeneration: true)];
        }

        List<TableId> filled = [];
        foreach (TableId table in state.LoadedTables(ofGeneration: false))
        {
            if (await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is { IsEmpty: false })
            {
                filled.Add(table);
            }
        }

        return [.. filled];
    }

    private void ThrowIfMaskAdded(string[] added, TableId[] filled)
    {
        if (added.Length > 0)
        {
            throw new MillraceException(
                ErrorCodes.MaskAdded,
                $"Task {_task.Key}: {string.Join(", ", added)} is masked now, but rows were loaded before with the values in the clear, and they "
                    + "would stay in the target.",
                $"Drop the task's tables ({string.Join(", ", filled.Take(10))}) and run once with --full-refresh.",
                "columns");
        }
    }

    private IEnumerable<string> Warnings(string hash, Dictionary<string, string> masked)
    {
        string anew = WritesAnew ? "--full-refresh loads them anew." : "To load them anew, drop the task's tables and run once with --full-refresh.";
        if (hash != _hash)
        {
            yield return $"Task {_task.Key}: what becomes of a row (columns, nested or fields) was changed. Rows that were loaded before keep their former "
                + $"shape; {anew}";
        }

        string[] rekeyed = [.. _masked.Where(m => masked.GetValueOrDefault(m.Key) is { Length: > 0 } former && m.Value.Length > 0 && former != m.Value).Select(m => m.Key)];
        if (rekeyed.Length > 0)
        {
            yield return $"Task {_task.Key}: the mask key of {string.Join(", ", rekeyed)} was changed. Rows that were loaded before hold hashes by the former "
                + $"key, which equal none of those that come; {anew}";
        }
    }

    private string FingerprintOf(ColumnMapping mapping) => mapping is { Mask: MaskKind.HmacSha256, MaskKey: { Length: > 0 } key }
        ? Hex(Rfc2898DeriveBytes.Pbkdf2(key, Encoding.UTF8.GetBytes("millrace.mask/" + _task.Key), KeyIterations, HashAlgorithmName.SHA256, FingerprintBytes))
        : "";

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
