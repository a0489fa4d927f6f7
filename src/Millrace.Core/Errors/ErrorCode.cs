namespace Millrace.Core.Errors;

/// <summary>A stable error code: <c>MR</c> and four digits, with the one-line meaning that the reference prints.</summary>
/// <param name="Id">The code, such as <c>MR1001</c>.</param>
/// <param name="Summary">What it means, in one line.</param>
/// <param name="Kind">Who has to act; decides the exit code.</param>
public sealed record ErrorCode(string Id, string Summary, ErrorKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => Id;
}
