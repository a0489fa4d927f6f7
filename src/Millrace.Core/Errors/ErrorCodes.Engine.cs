namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>Another run moved this task's checkpoint.</summary>
    public static readonly ErrorCode Fenced = new("MR1301", "Another run moved this task's checkpoint; this load was rolled back.", ErrorKind.Run);

    /// <summary>Another run of the task holds its lease.</summary>
    public static readonly ErrorCode LeaseHeld = new("MR1302", "Another run of this task is under way.", ErrorKind.Run);

    /// <summary>The source no longer holds what follows the checkpoint.</summary>
    public static readonly ErrorCode HistoryLost = new("MR1303", "The source no longer holds the changes that follow the checkpoint.", ErrorKind.Run);

    /// <summary>More rows than allowed went to quarantine.</summary>
    public static readonly ErrorCode QuarantineLimit = new("MR1304", "More rows went to quarantine than max_quarantine allows.", ErrorKind.Run);

    /// <summary>A quality check failed on the staged rows.</summary>
    public static readonly ErrorCode CheckFailed = new("MR1305", "A quality check failed; nothing of this load was committed.", ErrorKind.Run);

    /// <summary>The schema contract forbids a change.</summary>
    public static readonly ErrorCode ContractViolated = new("MR1306", "The schema contract forbids what arrived.", ErrorKind.Run);

    /// <summary>A target table is gone while its checkpoint stayed.</summary>
    public static readonly ErrorCode TargetVanished = new("MR1307", "A target table is gone while its checkpoint stayed.", ErrorKind.Run);

    /// <summary>A collection was dropped in the source and the task says to stop then.</summary>
    public static readonly ErrorCode DatasetDropped = new("MR1308", "A dataset was dropped in the source.", ErrorKind.Run);

    /// <summary>A dataset that a task names does not exist in the source.</summary>
    public static readonly ErrorCode DatasetNotFound = new("MR1309", "A dataset that a task names does not exist.", ErrorKind.Configuration);

    /// <summary>Two tasks write one table, and one of them removes rows that it did not bring.</summary>
    public static readonly ErrorCode TableShared = new("MR1310", "Another task brought rows to a target table, and one of the two removes rows.", ErrorKind.Configuration);

    /// <summary>A table holds rows that were written in another way than the task's settings now say.</summary>
    public static readonly ErrorCode TableWrittenOtherwise = new("MR1311", "A target table holds rows that were written under other settings, and the two do not go together.", ErrorKind.Configuration);

    /// <summary>A mask was added after rows were loaded without it.</summary>
    public static readonly ErrorCode MaskAdded = new("MR1312", "A field is masked now of which rows were loaded in the clear.", ErrorKind.Configuration);

    /// <summary>A task has checkpoints in the destination, and none of its tables is one that they go with.</summary>
    public static readonly ErrorCode Retargeted = new("MR1313", "A task's checkpoints go with other tables than it writes now.", ErrorKind.Configuration);

    /// <summary>Another project has written checkpoints under the task's key.</summary>
    public static readonly ErrorCode OtherProject = new("MR1314", "A task's checkpoints in the destination are of another project.", ErrorKind.Configuration);

    /// <summary>A table to append to holds rows, and the checkpoints that went with them are gone.</summary>
    public static readonly ErrorCode CheckpointsLost = new("MR1315", "A table to append to holds rows, and the checkpoints that went with them are gone.", ErrorKind.Run);

    /// <summary>A quarantined row cannot be retried as the change that it was.</summary>
    public static readonly ErrorCode RetryImpossible = new("MR1316", "A quarantined row cannot be retried as the change that it was.", ErrorKind.Run);
}
