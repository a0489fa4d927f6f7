using System.Globalization;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Reading;
using Millrace.Connectors.Sql.Steps;

namespace Millrace.Connectors.PostgreSql;

/// <summary>
/// A query whose parameters are bound. COPY takes no parameters, so their values are bound to settings of the transaction, which the query reads back as the
/// types that it gives its parameters: no value ever becomes SQL.
/// </summary>
/// <param name="Text">The query.</param>
/// <param name="Values">Values in the order of the settings; null for NULL.</param>
internal sealed record BoundQuery(string Text, IReadOnlyList<string?> Values)
{
    private const string Probe = "millrace_query";

    /// <summary>Finds the types of the parameters, which the server infers, and writes the query with them.</summary>
    /// <param name="query">The query.</param>
    /// <param name="channel">A connection.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async ValueTask<BoundQuery> BindAsync(SourceQuery query, SqlChannel channel, CancellationToken cancellationToken)
    {
        ScriptSyntax syntax = PostgreSqlStepDialect.Instance.Syntax;
        ScriptStatement numbered = query.Parse(syntax);
        if (numbered.Parameters.IsEmpty)
        {
            return new(numbered.Text, []);
        }

        await channel.ExecuteAsync($"PREPARE {Probe} AS {numbered.Text}", cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SqlRow> types = await channel.QueryAsync(
            $"""
            SELECT format_type(t.type::oid, NULL)
            FROM pg_prepared_statements AS p, unnest(p.parameter_types) WITH ORDINALITY AS t(type, place)
            WHERE p.name = '{Probe}'
            ORDER BY t.place
            """,
            cancellationToken).ConfigureAwait(false);
        await channel.ExecuteAsync($"DEALLOCATE {Probe}", cancellationToken).ConfigureAwait(false);
        string?[] values = [.. numbered.Parameters.Select(p => query.Values.First(v => v.Name == p).Text)];
        ScriptStatement bound = query.Parse(syntax with
        {
            Marker = (place, _) => $"CAST({(values[place - 1] is null ? "NULL" : $"current_setting('{SettingOf(place)}')")} AS {types[place - 1].Text(0)})",
        });
        return new(bound.Text, values);
    }

    /// <summary>Binds the values on a connection, until its transaction ends.</summary>
    public async ValueTask SetAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        for (int i = 0; i < Values.Count; i++)
        {
            if (Values[i] is { } value)
            {
                await channel.ExecuteAsync(
                    $"SELECT set_config('{SettingOf(i + 1)}', $1, true)", [new("value", value)], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string SettingOf(int place) => string.Create(CultureInfo.InvariantCulture, $"millrace.p{place}");
}
