namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>A dump or oplog file ends inside a document.</summary>
    public static readonly ErrorCode DumpTruncated = new("MR1110", "A dump or oplog file ends in the middle of a document.", ErrorKind.Run);

    /// <summary>A dump or oplog file is corrupt in a way that loses the place of the next document.</summary>
    public static readonly ErrorCode DumpCorrupt = new("MR1111", "A dump or oplog file is corrupt; what follows cannot be read.", ErrorKind.Run);

    /// <summary>There is no dump where the connection says.</summary>
    public static readonly ErrorCode DumpNotFound = new("MR1112", "There is no mongodump folder or archive at the given path.", ErrorKind.Environment);

    /// <summary>One document cannot be turned into a row.</summary>
    public static readonly ErrorCode DocumentRejected = new("MR1114", "A document cannot be turned into a row.", ErrorKind.Run);

    /// <summary>An oplog entry cannot be understood or applied.</summary>
    public static readonly ErrorCode OplogEntryRejected = new("MR1115", "An oplog entry cannot be applied.", ErrorKind.Run);

    /// <summary>The local store of after-images cannot be used.</summary>
    public static readonly ErrorCode ImageStoreFailed = new("MR1116", "The local store of MongoDB after-images cannot be used.", ErrorKind.Environment);

    /// <summary>A mongodump archive breaks the archive format.</summary>
    public static readonly ErrorCode ArchiveInvalid = new("MR1117", "A mongodump archive is not in the archive format.", ErrorKind.Run);
}
