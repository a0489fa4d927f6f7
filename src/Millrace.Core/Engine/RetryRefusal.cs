using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>Why a row stays in quarantine.</summary>
/// <param name="Code">As a code.</param>
/// <param name="Reason">In words.</param>
public sealed record RetryRefusal(ErrorCode Code, string Reason)
{
    /// <summary>Code and reason.</summary>
    public override string ToString() => $"{Code}: {Reason}";
}
