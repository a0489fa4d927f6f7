using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>One statement of a script (or one batch, where the engine has batches).</summary>
/// <param name="Text">The statement with the engine's own markers for its parameters.</param>
/// <param name="Line">The script's line on which it begins, from 1.</param>
/// <param name="Parameters">The parameters that it names, each once, in the order of their first markers.</param>
internal sealed record ScriptStatement(string Text, int Line, ImmutableArray<string> Parameters)
{
    /// <summary>True where it holds statements of its own, semicolons between them: a function whose body is BEGIN ATOMIC … END.</summary>
    public bool HasBody { get; init; }
}
