using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>What became of a quarantined row that was tried again, and why.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">Why it stays, as a code; null where it does not.</param>
/// <param name="Reason">Why it was not loaded, in words; null where it was.</param>
public sealed record RetryResult(RetryOutcome Outcome, ErrorCode? Code = null, string? Reason = null)
{
    /// <summary>Empty for a row that was loaded, else why not.</summary>
    public override string ToString() => Outcome switch
    {
        RetryOutcome.Loaded => "",
        RetryOutcome.Superseded => $"superseded: {Reason}",
        _ => $"{Code}: {Reason}",
    };
}
