namespace Millrace.Connectors.Sql.Steps;

/// <summary>How an engine's scripts are read, as far as statements, texts and comments have to be told apart.</summary>
/// <param name="Name">The engine, for messages.</param>
internal sealed record ScriptSyntax(string Name)
{
    /// <summary>True where <c>$tag$ … $tag$</c> is a text.</summary>
    public bool HasDollarQuotes { get; init; }

    /// <summary>True where <c>E'…'</c> has backslash escapes.</summary>
    public bool HasEscapeStrings { get; init; }

    /// <summary>True where <c>[…]</c> is an identifier.</summary>
    public bool HasBrackets { get; init; }

    /// <summary>True where a line <c>GO</c> ends a batch and semicolons do not: a batch is sent whole.</summary>
    public bool HasBatches { get; init; }

    /// <summary>The marker of a parameter: by its place from 1 (<c>$1</c>), or by its name.</summary>
    public Func<int, string, string> Marker { get; init; } = static (place, _) => FormattableString.Invariant($"${place}");
}
