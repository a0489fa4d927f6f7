using System.Globalization;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>A parameter's value as it is bound: as text, which the statement casts to the type that it is.</summary>
/// <param name="Text">The text; null for NULL.</param>
/// <param name="Type">The engine's name of its type; null for a text, whose type the statement decides.</param>
internal sealed record BoundValue(string? Text, string? Type)
{
    /// <summary>A user's or Millrace's own value.</summary>
    public static BoundValue Of(SqlStepParameter parameter, SqlDialect dialect) => parameter.Value switch
    {
        null => new(null, null),
        string text => new(text, null),
        bool flag => new(flag ? "true" : "false", dialect.TypeName(LogicalType.Boolean)),
        long number => new(number.ToString(CultureInfo.InvariantCulture), dialect.TypeName(LogicalType.Int64)),
        decimal number => new(number.ToString(CultureInfo.InvariantCulture), dialect.TypeName(LogicalType.Decimal(38, number.Scale))),
        DateOnly date => new(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), dialect.TypeName(LogicalType.Date)),
        { } other => throw new ArgumentException($"A parameter cannot be a {other.GetType().Name}.", nameof(parameter)),
    };

    /// <summary>The parameter's marker, cast to its type.</summary>
    public string Cast(string marker) => Type is null ? marker : $"CAST({marker} AS {Type})";
}
