using System.Collections.Immutable;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Whose changes a reading of the log gives.</summary>
/// <param name="Names">The collections that the task takes.</param>
/// <param name="Coverage">What was taken of the log so far; needed only where collections were left out of it.</param>
/// <param name="Purpose">What the reading is for.</param>
internal sealed record LogScope(DatasetNames Names, LogCoverage? Coverage, LogPurpose Purpose)
{
    /// <summary>The collection of a name, with what is to be done with its changes.</summary>
    public LogCollection Describe(MongoNamespace name)
    {
        bool isTemporary = IsTemporary(name);
        bool isTaken = Names.IsNamed(name) || (!isTemporary && Names.Takes(name));
        ImmutableArray<LogStretch> missing = Coverage is null || !isTaken ? [] : Coverage.Missing(name);
        return Purpose switch
        {
            LogPurpose.CatchUp => new(name, !missing.IsEmpty, isTaken || isTemporary, Names.TableOf(name)) { Stretches = missing },
            LogPurpose.GoOnWithoutNew when !missing.IsEmpty => new(name, false, false, Names.TableOf(name)),
            _ => new(name, isTaken, isTaken || isTemporary, Names.TableOf(name)),
        };
    }

    /// <summary>$out and mapReduce fill a collection of such a name and then rename it over the one that is asked for.</summary>
    private static bool IsTemporary(MongoNamespace name) =>
        name.Collection.StartsWith("tmp.agg_out.", StringComparison.Ordinal)
        || name.Collection.StartsWith("tmp.mr.", StringComparison.Ordinal)
        || name.Collection.StartsWith("tmp.convertToCapped.", StringComparison.Ordinal);
}

/// <summary>What a reading of the log is for.</summary>
internal enum LogPurpose
{
    /// <summary>The changes of every collection of the task.</summary>
    GoOn,

    /// <summary>As <see cref="GoOn"/>, but collections that were left out so far stay out.</summary>
    GoOnWithoutNew,

    /// <summary>Only what collections missed while they were left out.</summary>
    CatchUp,
}
