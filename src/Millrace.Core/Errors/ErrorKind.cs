namespace Millrace.Core.Errors;

/// <summary>What an error says about who has to act; it decides the exit code of the command line.</summary>
public enum ErrorKind
{
    /// <summary>A run failed: data, a check, a conflict. Exit code 1.</summary>
    Run = 1,

    /// <summary>The project file or the arguments are wrong. Exit code 2.</summary>
    Configuration = 2,

    /// <summary>Something outside is missing or refuses: no connection, no permission, no disk, no library. Exit code 3.</summary>
    Environment = 3,
}
