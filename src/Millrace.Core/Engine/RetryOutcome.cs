namespace Millrace.Core.Engine;

/// <summary>What became of a quarantined row that was tried again.</summary>
public enum RetryOutcome
{
    /// <summary>It did what it was to do, and is out of quarantine.</summary>
    Loaded,

    /// <summary>What is there now is newer, or is so already; the row changed nothing and is out of quarantine.</summary>
    Superseded,

    /// <summary>It stays in quarantine.</summary>
    Left,
}
