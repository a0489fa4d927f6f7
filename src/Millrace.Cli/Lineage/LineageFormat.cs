namespace Millrace.Cli.Lineage;

/// <summary>How lineage is shown.</summary>
internal enum LineageFormat
{
    /// <summary>A tree, for people.</summary>
    Tree,

    /// <summary>A flowchart in the language of Mermaid.</summary>
    Mermaid,

    /// <summary>JSON.</summary>
    Json,
}
