using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>The oplog files of a connection in the order of their first entries: the dump's own, then the ones that followed.</summary>
/// <param name="Files">Files with at least one entry, in order.</param>
/// <param name="Origin">The first timestamp of the dump's own oplog: entries before it are in the dump already. 0 where it has none.</param>
/// <param name="OriginEnd">The last timestamp of the dump's own oplog: every collection was dumped by then.</param>
/// <param name="Continuity">How gaps are recognised.</param>
internal sealed record OplogChain(ImmutableArray<OplogFile> Files, ulong Origin, ulong OriginEnd, LogContinuity Continuity)
{
    /// <summary>What is to be said of files that end inside an entry: they may be growing, or cut.</summary>
    public ImmutableArray<string> Unfinished { get; private init; } = [];

    /// <summary>Timestamp of the first entry that is not in the dump for sure; 0 where there is none.</summary>
    public ulong First => Origin != 0 || Files.IsEmpty ? Origin : Files[0].Facts.First;

    /// <summary>Timestamp of the last whole entry; 0 where there is none.</summary>
    public ulong Last => Files.IsEmpty ? 0 : Files.Max(f => f.Facts.Last);

    /// <summary>Finds and scans the files.</summary>
    /// <param name="connection">Where they are.</param>
    /// <param name="dump">The dump that they follow.</param>
    /// <param name="stateDirectory">Where what scanning told is remembered.</param>
    /// <param name="looksOnly">True to read what is remembered there and leave it as it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException">A file cannot be read, or one that others follow is broken.</exception>
    public static OplogChain Open(DumpConnection connection, Dump dump, string stateDirectory, bool looksOnly, CancellationToken cancellationToken)
    {
        Dictionary<string, OplogFileFacts> known = OplogIndex.Load(stateDirectory);
        var found = new Dictionary<string, OplogFileFacts>(StringComparer.Ordinal);
        var files = new List<OplogFile>();
        (ulong origin, ulong originEnd) = (0, 0);
        if (dump.Oplog is { } own)
        {
            OplogFileFacts facts = OplogFileFacts.Scan(own, known.GetValueOrDefault(own.Path), cancellationToken);
            found[own.Path] = facts;
            files.Add(new(own, facts));
            (origin, originEnd) = (facts.First, facts.Last);
        }

        foreach (string path in connection.OplogPaths().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!found.ContainsKey(path))
            {
                var file = new DocumentFile(path);
                OplogFileFacts facts = OplogFileFacts.Scan(file, known.GetValueOrDefault(path), cancellationToken);
                found[path] = facts;
                files.Add(new(file, facts));
            }
        }

        if (!looksOnly && !Same(known, found))
        {
            OplogIndex.Save(stateDirectory, found);
        }

        var chain = new OplogChain(
            [.. files.Where(f => !f.Facts.IsEmpty).OrderBy(f => f.Facts.First).ThenBy(f => f.Facts.Last)], origin, originEnd, connection.Continuity);
        chain.CheckEndings(files);
        return chain with { Unfinished = [.. files.Where(f => f.Facts.Ending == ReadStatus.Truncated).Select(Unfinishedness)] };
    }

    /// <summary>
    /// Checks that every entry after a timestamp is in the files.
    /// </summary>
    /// <param name="after">The position that was reached; 0 for the beginning of the chain.</param>
    /// <exception cref="MillraceException">MR1303: there is a gap.</exception>
    public void CheckContinuity(ulong after)
    {
        if (Continuity == LogContinuity.Declared || Files.IsEmpty)
        {
            return;
        }

        // Before anything was read, what is older than the dump's own oplog does not matter; where the dump has none, the first file begins the chain.
        ulong reached = after == 0 ? Origin : after;
        OplogFile? previous = null;
        if (reached == 0)
        {
            reached = Files[0].Facts.First;
        }

        foreach (OplogFile file in Files)
        {
            if (file.Facts.First > reached)
            {
                throw Gap(previous, reached, file);
            }

            if (file.Facts.Last >= reached)
            {
                reached = file.Facts.Last;
                previous = file;
            }
        }
    }

    /// <summary>What follows a position.</summary>
    public Estimate Remaining(ulong after)
    {
        long bytes = 0;
        long entries = 0;
        ulong reached = after == 0 && Origin != 0 ? Origin - 1 : after;
        DateTimeOffset? oldest = null;
        foreach (OplogFile file in Files.Where(f => f.Facts.Last > reached))
        {
            (long offset, long before, ulong? next) = FindAfter(file, reached);
            bytes += file.Facts.End - offset;
            entries += file.Facts.Entries - before;
            oldest ??= next is { } timestamp ? DateTimeOffset.FromUnixTimeSeconds((long)(timestamp >> 32)) : null;
            reached = file.Facts.Last;
        }

        return new(entries, Certainty.Estimated, bytes, Certainty.Exact, oldest);
    }

    /// <summary>The first entry after a timestamp: its offset, the entries before it and its timestamp.</summary>
    private static (long Offset, long Before, ulong? Timestamp) FindAfter(OplogFile file, ulong after)
    {
        OplogMark mark = file.Facts.MarkBefore(after);
        using var reader = new DocumentReader(file.File, mark.Offset);
        long before = mark.Entries;
        while (true)
        {
            long at = reader.Offset;
            if (reader.Read(out ReadOnlySpan<byte> document) != ReadStatus.Document)
            {
                return (at, before, null);
            }

            if (OplogEntry.TryReadTimestamp(document, out ulong timestamp) && timestamp > after)
            {
                return (at, before, timestamp);
            }

            before++;
        }
    }

    private static bool Same(Dictionary<string, OplogFileFacts> known, Dictionary<string, OplogFileFacts> found) =>
        known.Count == found.Count && found.All(f => known.TryGetValue(f.Key, out OplogFileFacts? facts) && facts.Fingerprint == f.Value.Fingerprint);

    /// <summary>The newest file may still be written to, so it may end inside an entry; an older one may not.</summary>
    private void CheckEndings(List<OplogFile> files)
    {
        foreach (OplogFile file in files)
        {
            bool isNewest = file.Facts.IsEmpty || ReferenceEquals(file, Files[^1]);
            bool isUnfinished = file.Facts.Ending == ReadStatus.Truncated && isNewest;
            if (file.Facts.Ending != ReadStatus.End && !isUnfinished)
            {
                using var reader = new DocumentReader(file.File, file.Facts.End);
                ReadStatus status = reader.Read(out _);
                if (status is not (ReadStatus.End or ReadStatus.Document))
                {
                    reader.Throw(status);
                }
            }
        }
    }

    private static string Unfinishedness(OplogFile file) =>
        $"{file.File.Path} ends in the middle of an entry that starts at byte {file.Facts.End}{(file.File.CanSeek ? "" : " of the uncompressed data")}: "
        + "the entry is read when the file is complete. If nothing writes to the file any more, copy it again from its origin.";

    private static MillraceException Gap(OplogFile? previous, ulong reached, OplogFile next)
    {
        string from = previous is null
            ? $"The last position is {MongoDbPositions.Describe(reached)}"
            : $"{previous.File.Path} ends at {MongoDbPositions.Describe(reached)}";
        return new(
            ErrorCodes.HistoryLost,
            $"{from}, and the next oplog file, {next.File.Path}, begins after it, at {MongoDbPositions.Describe(next.Facts.First)}: entries may be missing between them.",
            "Add the oplog file that lies between (dump it with a query {ts: {$gte: <the last position>}}, so that files overlap), "
            + "or, if you know that nothing is missing, set log_continuity: declared on the connection. Otherwise resnapshot: on_history_lost: resnapshot.");
    }
}
