using System.Collections.Immutable;
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

    /// <summary>Where it is not empty, only changes within these stretches of the log are rows.</summary>
    public ImmutableArray<LogStretch> Stretches { get; init; } = [];

    /// <summary>Its dataset.</summary>
    public TableId Table { get; } = table;

    /// <summary>The rows of the window that is being read, or null.</summary>
    public DocumentBatchBuilder? Builder { get; set; }

    /// <summary>Bytes of the documents in <see cref="Builder"/>.</summary>
    public long Held { get; set; }

    /// <summary>True where the window has rows of it.</summary>
    public bool IsTouched { get; set; }

    /// <summary>True where a change at this place of the log belongs to the task.</summary>
    public bool IsTakenAt(ulong timestamp)
    {
        if (!IsTaken || Stretches.IsEmpty)
        {
            return IsTaken;
        }

        foreach (LogStretch stretch in Stretches)
        {
            if (timestamp > stretch.After && timestamp <= stretch.Until)
            {
                return true;
            }
        }

        return false;
    }
}
