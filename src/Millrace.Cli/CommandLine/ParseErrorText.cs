using System.CommandLine.Parsing;
using Millrace.Core.Config.Options;

namespace Millrace.Cli.CommandLine;

/// <summary>What is wrong with a word of the command line, in words that name no type of the program.</summary>
internal static class ParseErrorText
{
    /// <summary>The message.</summary>
    public static string Of(ParseError error)
    {
        (Type? declared, string name) = Of(error.SymbolResult);
        Type? type = declared is { IsArray: true } ? declared.GetElementType() : declared is null ? null : Nullable.GetUnderlyingType(declared) ?? declared;
        if (type?.FullName is not { } typeName || !error.Message.Contains(typeName, StringComparison.Ordinal))
        {
            return error.Message;
        }

        string word = error.SymbolResult!.Tokens is [.., { } last] ? last.Value : "";
        return $"'{word}' is no value for {name}, which takes {Wanted(type)}.";
    }

    private static (Type? Type, string Name) Of(SymbolResult? result) => result switch
    {
        OptionResult option => (option.Option.ValueType, option.Option.Name),
        ArgumentResult { Parent: OptionResult option } => (option.Option.ValueType, option.Option.Name),
        ArgumentResult argument => (argument.Argument.ValueType, argument.Argument.Name),
        _ => (null, ""),
    };

    private static string Wanted(Type type) => type.IsEnum
        ? "one of " + string.Join(", ", Enum.GetValues(type).Cast<Enum>().Select(v => SnakeCase.Of(v.ToString())))
        : type == typeof(bool) ? "true or false"
        : "a whole number";
}
