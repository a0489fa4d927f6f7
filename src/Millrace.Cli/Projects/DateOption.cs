using System.CommandLine;
using System.Globalization;

namespace Millrace.Cli.Projects;

/// <summary>Options whose value is a date or a moment, UTC where no zone is given.</summary>
internal static class DateOption
{
    /// <summary>Creates one.</summary>
    public static Option<DateTimeOffset?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DATE",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, styles, out DateTimeOffset value))
            {
                return value;
            }

            result.AddError($"'{text}' is no date; write 2026-11-21 or 2026-11-21T10:00:00Z.");
            return null;
        },
    };
}
