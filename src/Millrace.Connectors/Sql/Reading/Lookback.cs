using System.Globalization;
using Millrace.Core.Config;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>How far before its watermark an incremental read begins.</summary>
/// <param name="Time">For dates and times.</param>
/// <param name="Number">For numbers.</param>
internal sealed record Lookback(TimeSpan? Time, decimal? Number)
{
    private const string Setting = "source.lookback";

    /// <summary>Reads the setting; null where there is none.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public static Lookback? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return new(null, number);
        }

        return Duration.TryParse(text, out TimeSpan time) ? new(time, null) : throw new MillraceException(
            ErrorCodes.InvalidConfiguration,
            $"lookback: '{text}' is neither a duration nor a number.",
            "Write 1d or 2h30m for dates and times, 1000 for a number.",
            Setting);
    }

    /// <summary>Throws where the column's values are of another kind.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public void ThrowIfUnfit(RelationColumn column)
    {
        if (Time is null ? !column.IsNumber : !column.IsDate)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The lookback is a {(Time is null ? "number" : "duration")}, and the cursor column {column.Name} is {column.NativeType}.",
                Time is null ? "Write a duration, such as 1h, for dates and times." : "Write a number, such as 1000, for a column of numbers.",
                Setting);
        }
    }

    /// <summary>The expression of a value, so much earlier.</summary>
    public string Before(RelationalDialect dialect, RelationColumn column, string value)
    {
        string there = dialect.Value(column, value);
        return Time is { } time ? dialect.Earlier(column, there, time) : string.Create(CultureInfo.InvariantCulture, $"{there} - {Number}");
    }
}
