using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Millrace.Cli.Projects;

/// <summary>Options whose value is a number of things, 1 or more.</summary>
internal static class CountOption
{
    /// <summary>Creates one.</summary>
    /// <param name="name">Its name, dashes included.</param>
    /// <param name="description">What it does.</param>
    /// <param name="things">What is counted, in the plural.</param>
    /// <param name="byDefault">The value where none is given.</param>
    public static Option<int> Create(string name, string description, string things, int byDefault)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value < 1)
            {
                result.AddError($"'{text}' is not {Wanted(things)}.");
            }
        });
        return option;
    }

    /// <summary>What such an option takes, for the message.</summary>
    public static string Wanted(string things) => $"a number of {things}; write 1 or more";
}
