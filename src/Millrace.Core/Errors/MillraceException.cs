namespace Millrace.Core.Errors;

/// <summary>
/// The one exception that users meet. It carries a stable code, what happened, what to do about it and, where a setting is to
/// blame, the path of that setting. Neither <see cref="Exception.Message"/> nor <see cref="Fix"/> may hold a secret.
/// </summary>
public sealed class MillraceException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="message">What happened, with the names that matter and no secret.</param>
    /// <param name="fix">What to do about it.</param>
    /// <param name="configPath">The setting to blame, such as <c>jobs.shop.tasks[0].target</c>, or null.</param>
    /// <param name="isTransient">True when the same call may succeed later without any change.</param>
    /// <param name="inner">The cause, or null.</param>
    public MillraceException(
        ErrorCode code, string message, string? fix = null, string? configPath = null, bool isTransient = false, Exception? inner = null)
        : base(message, inner)
    {
        ArgumentNullException.ThrowIfNull(code);
        Code = code;
        Fix = fix;
        ConfigPath = configPath;
        IsTransient = isTransient;
    }

    /// <summary>The stable code.</summary>
    public ErrorCode Code { get; }

    /// <summary>What to do about it, or null where nothing helps.</summary>
    public string? Fix { get; }

    /// <summary>The setting to blame, or null.</summary>
    public string? ConfigPath { get; }

    /// <summary>True when the same call may succeed later without any change.</summary>
    public bool IsTransient { get; }
}
