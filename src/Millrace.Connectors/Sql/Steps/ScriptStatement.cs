using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>One statement of a script (or one batch, where the engine has batches).</summary>
/// <param name="Text">The statement with the engine's own markers for its parameters.</param>
/// <param name="Line">The script's line on which it begins, from 1.</param>
/// <param name="Parameters">The parameters that it names, each once, in the order of their first markers.</param>
internal sealed partial record ScriptStatement(string Text, int Line, ImmutableArray<string> Parameters)
{
    /// <summary>True where it holds statements of its own, semicolons between them: a function whose body is BEGIN ATOMIC … END.</summary>
    public bool HasBody { get; init; }

    /// <summary>Words after a colon that stand where a parameter could and are none, each once.</summary>
    public ImmutableArray<string> Unknown { get; init; } = [];

    /// <summary>True where it begins or ends a transaction by itself; a savepoint is none.</summary>
    public bool EndsTransaction => !HasBody && Transaction().IsMatch(Text);

    [GeneratedRegex(@"^(BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(WORK\s+|TRANSACTION\s+)?TO\b))\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Transaction();
}
