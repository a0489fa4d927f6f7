using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>
/// What a task makes of a document (mappings, masks, nested mode, chosen fields) as a fingerprint that stands among its checkpoints: a run
/// notices by it that rows which were loaded before have another shape than those that come.
/// </summary>
internal sealed class TaskShape
{
    /// <summary>The partition of the marker.</summary>
    public const string Marker = "#shape";

    private readonly TaskDefinition _task;
    private readonly ImmutableArray<string> _masked;

    public TaskShape(TaskDefinition task)
    {
        _task = task;
        _masked = [.. task.Columns.Where(c => c is { Mask: not MaskKind.None, From: not null }).Select(c => c.From!).Distinct().Order(StringComparer.Ordinal)];
        IEnumerable<string> parts = task.Columns.Select(c => $"{c} = {c.Constant}").Order(StringComparer.Ordinal)
            .Append(task.Nested.ToString())
            .Concat(task.Source.Fields.Order(StringComparer.Ordinal));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 8));
        Fingerprint = new($"millrace.shape/{hash};{string.Join(';', _masked.Select(Uri.EscapeDataString))}");
    }

    /// <summary>The fingerprint, and readable in it the paths that are masked.</summary>
    public Position Fingerprint { get; }

    /// <summary>Compares with the shape that the generation's rows have, before anything is read or written.</summary>
    /// <param name="state">The task's checkpoints.</param>
    /// <param name="isPart">True where the run reads only a part: then a new generation leaves rows of the former one in the table.</param>
    /// <returns>What to warn of, or null.</returns>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.MaskAdded"/>.</exception>
    public string? Compare(GenerationState state, bool isPart)
    {
        Position? stored = (state.Current(Marker) ?? (isPart ? state.Stored.GetValueOrDefault(Marker) : null))?.Position;
        if (stored is null || stored == Fingerprint || !state.LoadedTables(ofGeneration: false).Any())
        {
            return null;
        }

        string[] added = [.. _masked.Except(stored.Value.Split(';').Skip(1).Select(Uri.UnescapeDataString))];
        if (added.Length > 0)
        {
            throw new MillraceException(
                ErrorCodes.MaskAdded,
                $"Task {_task.Key}: {string.Join(", ", added)} is masked now, but rows were loaded before with the values in the clear, and they "
                    + "would stay in the target.",
                $"Drop the task's tables ({string.Join(", ", state.LoadedTables(ofGeneration: false))}) and run once with --full-refresh.",
                "columns");
        }

        return $"Task {_task.Key}: what becomes of a row (columns, nested or fields) was changed. Rows that were loaded before keep their former "
            + "shape; --full-refresh loads them anew.";
    }
}
