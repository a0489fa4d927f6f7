namespace Millrace.Testing.MongoDb;

/// <summary>What a command answers instead of a result.</summary>
/// <param name="code">MongoDB's error code.</param>
/// <param name="message">The <c>errmsg</c>.</param>
/// <param name="labels">The <c>errorLabels</c>.</param>
public sealed class CommandException(int code, string message, params string[] labels) : Exception(message)
{
    /// <summary>MongoDB's error code.</summary>
    public int Code => code;

    /// <summary>The <c>errorLabels</c>.</summary>
    public IReadOnlyList<string> Labels => labels;
}
