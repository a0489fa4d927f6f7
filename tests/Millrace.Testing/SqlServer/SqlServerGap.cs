namespace Millrace.Testing.SqlServer;

/// <summary>What a server that speaks SQL Server's protocol may lack.</summary>
public enum SqlServerGap
{
    /// <summary>Bulk copy into a temporary table: stages are ordinary tables then.</summary>
    BulkCopyIntoTemporary,

    /// <summary>Indexes that follow their table to another name: a replaced table has none of ours then.</summary>
    IndexesOfRenamed,

    /// <summary>The seventh digit of a second.</summary>
    HundredNanoseconds,

    /// <summary>Ending the other sessions of a database.</summary>
    EndingSessions,

    /// <summary>Speed: each new session is seconds slow, so random sequences are fewer.</summary>
    Speed,
}
