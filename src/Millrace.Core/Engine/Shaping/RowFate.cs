namespace Millrace.Core.Engine.Shaping;

/// <summary>What becomes of a row.</summary>
internal enum RowFate : byte
{
    /// <summary>It is written.</summary>
    Kept,

    /// <summary>The contract leaves it out.</summary>
    Discarded,

    /// <summary>It goes to quarantine.</summary>
    Quarantined,
}
