using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>What is said where the dump and the oplog files there are cannot give what a task needs (MR1303).</summary>
internal static class LogLosses
{
    private const string IncludedLaterFix =
        "Put the oplog files back, or, for datasets that this task never took, make a new dump with mongodump --oplog and set dump: to it; "
        + "or give the datasets a task of their own, or load this task anew: on_history_lost: resnapshot.";

    /// <summary>There are no after-images, and the dump cannot bring them to the position.</summary>
    public static MillraceException OtherDump(MongoNamespace name, Dump dump) => new(
        ErrorCodes.HistoryLost,
        $"The local store of after-images is gone, and {name} in {dump.Path} is not the dump that was loaded, so the changes that follow cannot be made whole.",
        "Put the dump that was loaded back, with every oplog file since, or start anew: on_history_lost: resnapshot.");

    /// <summary>Another dump has taken the place of the one that was loaded, before anything of that one's log was committed.</summary>
    public static MillraceException DumpReplaced(MongoNamespace name, Dump dump) => new(
        ErrorCodes.HistoryLost,
        $"{name} was loaded from another dump than {dump.Path} is now, and nothing of the log was committed since: what changed between the two dumps is in neither.",
        "Put the dump that was loaded back until a run has read from its log; or load the task anew: on_history_lost: resnapshot, or --full-refresh.");

    /// <summary>The log begins after the entry that it began with when the dump was loaded, and nothing of it was committed since.</summary>
    public static MillraceException BeginningGone(ulong from, OplogChain chain) => new(
        ErrorCodes.HistoryLost,
        $"The log that this task has begun with, and has not read yet, began at {MongoDbPositions.Describe(from)}; the first file that is there, "
        + $"{chain.Files[0].File.Path}, begins at {MongoDbPositions.Describe(chain.First)}.",
        "Put the earlier oplog files back; or load the task anew: on_history_lost: resnapshot, or --full-refresh.");

    /// <summary>There is no log for collections that have something to catch up with.</summary>
    public static MillraceException NoChain() => new(
        ErrorCodes.HistoryLost,
        "Datasets were included after this task had begun to read the log, and there is no oplog file any more that holds the changes they missed.",
        IncludedLaterFix);

    /// <summary>The log begins after the entry that it began with when the task did.</summary>
    public static MillraceException BeginsLate(ulong from, OplogChain chain) => new(
        ErrorCodes.HistoryLost,
        $"Datasets were included after this task had begun to read the log, and the oplog files that hold the changes they missed are gone: the log was read from "
        + $"{MongoDbPositions.Describe(from)} on, and the first file, {chain.Files[0].File.Path}, begins at {MongoDbPositions.Describe(chain.First)}.",
        IncludedLaterFix);

    /// <summary>A collection that is not loaded again missed changes that are older than the dump's log.</summary>
    public static MillraceException MissedBeforeDump(MongoNamespace name, ulong followed, OplogChain chain, Dump dump) => new(
        ErrorCodes.HistoryLost,
        $"{name} has changes to catch up with "
        + (followed > 0 ? $"that come after {MongoDbPositions.Describe(followed)}" : "since it was loaded from another dump")
        + $"; the log of the dump {dump.Path} begins only at {MongoDbPositions.Describe(chain.Origin)}, and a collection that was taken before is not loaded again.",
        "Put the earlier dump back, with every oplog file since, until the task has caught up; or leave the collection out here and give it a task "
        + "of its own; or load this task anew: on_history_lost: resnapshot.");

    /// <summary>The files are gone that would tell which collections were dropped while they were left out.</summary>
    public static MillraceException DropsUnknown(ulong since, OplogChain chain, Dump dump) => new(
        ErrorCodes.HistoryLost,
        $"Collections that a pattern takes were left out after {MongoDbPositions.Describe(since)} and are taken again. Which of them were dropped before the dump "
        + $"{dump.Path} was made, and so have rows in the target that are no more, only the log tells, and the first file there, "
        + $"{chain.Files[0].File.Path}, begins at {MongoDbPositions.Describe(chain.Files[0].Facts.First)}.",
        "Put the oplog files since then back until the task has caught up; or leave the collections out again; or load this task anew: "
        + "on_history_lost: resnapshot.");

    /// <summary>A dump that is newer than the log's position, and a change of datasets that cannot wait until the log is there.</summary>
    public static MillraceException DumpIsAhead(OplogChain chain, ulong committed) => new(
        ErrorCodes.HistoryLost,
        $"Datasets were included and others left out at once, and the dump's log begins at {MongoDbPositions.Describe(chain.Origin)}, after the "
        + $"{MongoDbPositions.Describe(committed)} that this task has read to.",
        "Run the task once with the datasets that it had, so that it reads up to the dump, and change them then.");
}
