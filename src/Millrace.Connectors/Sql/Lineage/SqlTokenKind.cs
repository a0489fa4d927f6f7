namespace Millrace.Connectors.Sql.Lineage;

/// <summary>What a piece of SQL is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or a name without quotes.</summary>
    Word,

    /// <summary>A name in quotes.</summary>
    Quoted,

    /// <summary>A text, of any quotes.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A parameter's marker.</summary>
    Parameter,

    /// <summary>An operator or a punctuation mark.</summary>
    Symbol,

    /// <summary>What stands in brackets, with all that is in it.</summary>
    Group,
}
