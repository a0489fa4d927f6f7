namespace Millrace.Core.Schemas;

/// <summary>How two types meet.</summary>
public enum JoinKind
{
    /// <summary>In one type that holds every value of both.</summary>
    Lossless,

    /// <summary>In float64, as long as every integer lies within ±2^53.</summary>
    IfWithin53Bits,

    /// <summary>In no type: the later one goes to a variant column.</summary>
    Variant,
}

/// <summary>What <see cref="TypeLattice.Join(LogicalType, LogicalType)"/> found.</summary>
/// <param name="Kind">How the types meet.</param>
/// <param name="Type">The common type; not defined for <see cref="JoinKind.Variant"/>.</param>
public readonly record struct JoinResult(JoinKind Kind, LogicalType Type)
{
    /// <summary>No common type.</summary>
    public static JoinResult Variant => new(JoinKind.Variant, default);

    /// <summary>A common type without conditions.</summary>
    public static JoinResult Lossless(LogicalType type) => new(JoinKind.Lossless, type);

    /// <summary>A third type meets the result; a condition once made stays.</summary>
    public JoinResult And(LogicalType other)
    {
        if (Kind == JoinKind.Variant)
        {
            return this;
        }

        JoinResult joined = TypeLattice.Join(Type, other);
        return joined.Kind == JoinKind.Lossless && Kind == JoinKind.IfWithin53Bits ? new(Kind, joined.Type) : joined;
    }
}
