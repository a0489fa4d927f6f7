using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Config;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>A task's query and the values of its parameters.</summary>
/// <param name="Text">The query with <c>:name</c> for each parameter.</param>
/// <param name="Values">Values by name, as text; null for NULL.</param>
internal sealed record SourceQuery(string Text, ImmutableArray<SqlParameterValue> Values)
{
    private const string Setting = "source.query";

    /// <summary>The query of a task, or null.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public static SourceQuery? Of(RelationalSourceOptions? options)
    {
        if (options?.Query is not { } text)
        {
            return options?.Parameters is null
                ? null
                : throw new MillraceException(ErrorCodes.InvalidConfiguration, "'parameters' are for a query, and there is none.", "Set source.query, or remove them.", "source.parameters");
        }

        return new(text, ParseValues(options.Parameters?.Text));
    }

    /// <summary>The query with the engine's markers, and the names of the parameters in the order of their places.</summary>
    /// <param name="syntax">How the engine's SQL is read; its markers are taken.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.SourceQueryFailed"/>: it is not one statement, or names a parameter that has no value.</exception>
    public ScriptStatement Parse(ScriptSyntax syntax)
    {
        ImmutableArray<ScriptStatement> statements = SqlScript.Parse(Text, syntax, Values.Select(v => v.Name).ToHashSet(StringComparer.Ordinal));
        if (statements is not [{ } only])
        {
            throw new MillraceException(
                ErrorCodes.SourceQueryFailed, $"The query holds {Quantity.Of(statements.Length, "statement")} where it must be one SELECT.", "Write one SELECT.", Setting);
        }

        return only.Unknown.IsEmpty ? only : throw new MillraceException(
            ErrorCodes.SourceQueryFailed,
            $"There is no value for the query's parameter {string.Join(", ", only.Unknown.Select(n => ":" + n))}.",
            "Give it under source.parameters.",
            "source.parameters");
    }

    private static ImmutableArray<SqlParameterValue> ParseValues(string? json)
    {
        if (json is null)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateObject().Select(p => new SqlParameterValue(p.Name, TextOf(p.Value)))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, "'parameters' takes a map of names and single values.", "Write parameters: { region: north, days: 30 }.", "source.parameters");
        }
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.TryGetInt64(out long whole) ? whole.ToString(CultureInfo.InvariantCulture) : value.GetRawText(),
        _ => throw new InvalidOperationException("A parameter takes one value."),
    };
}
