using System.Collections.Immutable;
using Millrace.Core.Config;

namespace Millrace.Connectors.MongoDb;

/// <summary>The settings of a connection of type <c>mongodb</c>.</summary>
public sealed class MongoDbOptions
{
    /// <summary>Connection string of a live server.</summary>
    [Option(
        "uri",
        "Connection string of a live replica set, sharded cluster or server, with the driver's own options for TLS, authentication, read preference and timeouts.",
        Secret = true,
        Example = "${SHOP_URI}")]
    public string? Uri { get; set; }

    /// <summary>A mongodump folder or archive.</summary>
    [Option(
        "dump",
        "A folder written by mongodump (of one database or of several), or a file written by mongodump --archive; gzip is recognised.",
        Example = "backup/dump")]
    public string? Dump { get; set; }

    /// <summary>Further oplog files.</summary>
    [Option(
        "oplog",
        "Oplog files, or patterns with * and ?, that follow the dump: local.oplog.rs dumped by mongodump, gzip or not. Read in the order of their first entries.",
        Example = "backup/oplog/*.bson")]
    public ImmutableArray<string> Oplog { get; set; } = [];

    /// <summary>The default database.</summary>
    [Option("database", "The database whose collections are datasets by their plain names. Without it a dataset is database.collection.", Example = "shop")]
    public string? Database { get; set; }

    /// <summary>How a gap between oplog files is recognised.</summary>
    [Option(
        "log_continuity",
        "overlap: every oplog file must begin at or before the last entry read (dump it with {ts: {$gte: last}}). declared: the files are taken to be without gaps.",
        Default = "overlap")]
    public LogContinuity LogContinuity { get; set; } = LogContinuity.Overlap;

    /// <summary>How changes of a live server are followed.</summary>
    [Option(
        "capture",
        "How change_capture follows a live server. change_streams: by the server's change streams. oplog: by local.oplog.rs itself (replica sets only).",
        Default = "change_streams")]
    public MongoDbCapture Capture { get; set; } = MongoDbCapture.ChangeStreams;

    /// <summary>Where the document after an update comes from.</summary>
    [Option(
        "update_images",
        "Where a live server's documents after an update come from. lookup: read when the change is read, so perhaps newer than it. post_image: the image that the "
        + "server keeps (changeStreamPreAndPostImages; change streams only); one that is gone fails the run. post_image_or_lookup: that image where it is there.",
        Default = "lookup")]
    public MongoDbUpdateImages UpdateImages { get; set; } = MongoDbUpdateImages.Lookup;
}
