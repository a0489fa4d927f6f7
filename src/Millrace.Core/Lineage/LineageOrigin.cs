namespace Millrace.Core.Lineage;

/// <summary>How an edge is known.</summary>
public enum LineageOrigin
{
    /// <summary>From the task's settings: source, target, <c>columns:</c>.</summary>
    Settings,

    /// <summary>From the columns that a run really wrote.</summary>
    Recorded,

    /// <summary>From the text of the task's SQL.</summary>
    Parsed,

    /// <summary>From <c>lineage:</c> of the task.</summary>
    Declared,
}
