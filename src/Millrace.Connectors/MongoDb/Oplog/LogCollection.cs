using System.Text;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>A collection that the log speaks of, as a task sees it.</summary>
internal sealed class LogCollection(MongoNamespace name, bool isTaken, bool isKept, TableId table)
{
    /// <summary>The collection's full name.</summary>
    public MongoNamespace Name { get; } = name;

    /// <summary>The full name as text.</summary>
    public string Text { get; } = name.ToString();

    /// <summary>The full name, UTF-8.</summary>
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name.ToString());

    /// <summary>True where its rows belong to the task.</summary>
    public bool IsTaken { get; } = isTaken;

    /// <summary>True where its after-images are kept: taken ones, and the temporary ones that are renamed into place when they are complete.</summary>
    public bool IsKept { get; } = isKept;

    /// <summary>Its dataset.</summary>
    public TableId Table { get; } = table;

    /// <summary>The rows of the window that is being read, or null.</summary>
    public DocumentBatchBuilder? Builder { get; set; }

    /// <summary>True where the window has rows of it.</summary>
    public bool IsTouched { get; set; }
}
