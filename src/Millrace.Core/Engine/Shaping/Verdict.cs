using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>What has to happen so that a value has a column.</summary>
internal enum VerdictKind
{
    /// <summary>Nothing: the column is there.</summary>
    Existing,

    /// <summary>The field gets its base column.</summary>
    NewBase,

    /// <summary>The base or variant column gets a wider type.</summary>
    Widen,

    /// <summary>The field gets a variant column.</summary>
    NewVariant,

    /// <summary>The value goes to <see cref="SystemColumns.Extra"/>.</summary>
    Extra,
}

/// <summary>Where a value goes, and what has to change before.</summary>
/// <param name="Kind">What has to change.</param>
/// <param name="Column">The column's index, where it is there.</param>
/// <param name="Type">The type that it must have.</param>
/// <param name="Variant">The kind of a new variant column.</param>
internal readonly record struct Verdict(VerdictKind Kind, int Column, LogicalType Type, string? Variant = null)
{
    public static Verdict Existing(int column) => new(VerdictKind.Existing, column, default);
}
