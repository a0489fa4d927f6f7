using System.Text;
using System.Text.Json;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Loads;

/// <summary>
/// Runs a table's checks inside the load's transaction and collects what fails; the session rolls back, keeps the samples and throws. Checks see
/// staged rows as they would land: whole, one a key, deletes left out.
/// </summary>
internal sealed class QualityGate(SqlChannel channel, SqlDialect dialect)
{
    private const int MaxSamples = 10;

    /// <summary>Checks that failed so far.</summary>
    public List<CheckFailure> Failures { get; } = [];

    /// <summary>Runs the checks that concern the staged rows alone.</summary>
    public async ValueTask CheckStagedAsync(TableLoad load, CancellationToken cancellationToken)
    {
        foreach (QualityCheck check in load.Write.Checks)
        {
            if (check.Kind == QualityCheckKind.RowCount)
            {
                CheckCount(load, check);
            }
            else if (FailingRows(load, check) is { } failing)
            {
                await RunAsync(load, check, failing, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Runs the checks that concern the table as it will be; the stage still holds the rows that were applied.</summary>
    public async ValueTask CheckTableAsync(TableLoad load, CancellationToken cancellationToken)
    {
        foreach (QualityCheck check in load.Write.Checks.Where(c => c.Kind == QualityCheckKind.Unique))
        {
            string columns = KeySql.List(dialect, "", check.Columns);
            string live = (load.HasDeletedAt ? " AND \"_millrace_deleted_at\" IS NULL" : "") + (load.IsScd2 ? " AND " + dialect.IsTrue("\"_millrace_is_current\"") : "");
            string repeated = $"""
                SELECT {columns}
                  FROM {dialect.Quote(load.Stored.Id)} AS r
                  WHERE {dialect.In("r", check.Columns, $"SELECT {columns} FROM {dialect.QuoteTemporary(load.StageName)}")}{live}
                  GROUP BY {columns}
                  HAVING count(*) > 1
                """;
            await RunAsync(
                load,
                check,
                $"""
                SELECT *
                FROM {dialect.Quote(load.Stored.Id)} AS t
                WHERE {dialect.In("t", check.Columns, repeated)}{live}
                """,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The error that says which checks failed.</summary>
    public MillraceException ToException()
    {
        var text = new StringBuilder("Nothing of this load was committed, because ");
        text.AppendJoin("; ", Failures.Select(f => $"{f.Check} of {f.Table.Stored.Id} failed{f.Detail ?? $" for {Quantity.Of(f.Rows, "row")}"}"));
        return new(
            ErrorCodes.CheckFailed,
            text.Append('.').ToString(),
            (Failures.Any(f => f.Samples.Count > 0) ? "Samples of the failing rows stand in _millrace_check_failures. " : "") + "Mend the source, or change the check.");
    }

    private void CheckCount(TableLoad load, QualityCheck check)
    {
        if (load.StagedRows < (check.Min ?? long.MinValue) || load.StagedRows > (check.Max ?? long.MaxValue))
        {
            string bounds = string.Join(" and ", new[] { check.Min is { } min ? $"at least {min}" : null, check.Max is { } max ? $"at most {max}" : null }.OfType<string>());
            Failures.Add(new(load, NameOf(check), load.StagedRows, []) { Detail = $": it wants {bounds} in a load, and this one has {load.StagedRows}" });
        }
    }

    private string? FailingRows(TableLoad load, QualityCheck check)
    {
        string? condition = check.Kind switch
        {
            QualityCheckKind.NotNull => string.Join(" OR ", check.Columns.Select(c => dialect.Quote(c) + " IS NULL")),
            QualityCheckKind.AcceptedValues =>
                $"{dialect.Text(dialect.Quote(check.Columns[0]), TypeOf(load, check.Columns[0]))} NOT IN ({string.Join(", ", check.Values.Select(dialect.Literal))})",
            QualityCheckKind.Sql => dialect.IsNotTrue(check.Sql!),
            _ => null,
        };
        return condition is null
            ? null
            : $"SELECT * FROM {dialect.QuoteTemporary(load.StageName)} WHERE {StageSql.Op} IN ({MergeSql.LiveCodes}) AND ({condition})";
    }

    private async ValueTask RunAsync(TableLoad load, QualityCheck check, string failing, CancellationToken cancellationToken)
    {
        long count = await CountAsync(load, check, failing, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            return;
        }

        IEnumerable<string> columns = load.Columns.Select(c => dialect.Text(dialect.Quote("f", c.Name), c.Type));
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            dialect.First(MaxSamples, string.Join(", ", columns), $"FROM ({failing}) AS f"), cancellationToken).ConfigureAwait(false);
        Failures.Add(new(load, NameOf(check), count, [.. rows.Select(r => ToJson(load, r))]));
    }

    private async ValueTask<long> CountAsync(TableLoad load, QualityCheck check, string failing, CancellationToken cancellationToken)
    {
        try
        {
            return (await channel.QueryAsync($"SELECT {dialect.CountRows} FROM ({failing}) AS f", cancellationToken).ConfigureAwait(false))[0].Long(0);
        }
        catch (MillraceException e) when (check.Sql is not null && e is { IsTransient: false, Code.Kind: ErrorKind.Run })
        {
            throw new MillraceException(
                e.Code,
                $"The check {NameOf(check)} of {load.Stored.Id} cannot be run. {e.Message}",
                $"Mend the check's SQL: a condition over the table's columns, which are {KeySql.List(dialect, "", load.Columns.Select(c => c.Name))}.",
                "checks",
                inner: e);
        }
    }

    private static string ToJson(TableLoad load, SqlRow row) =>
        JsonSerializer.Serialize(load.Columns.Select((c, i) => (c.Name, Value: row.Values[i] as string)).ToDictionary(c => c.Name, c => c.Value));

    private static LogicalType TypeOf(TableLoad load, string column) =>
        load.IndexOf(column) is >= 0 and var index ? load.Columns[index].Type : LogicalType.Text;

    private static string NameOf(QualityCheck check)
    {
        string kind = JsonNamingPolicy.SnakeCaseLower.ConvertName(check.Kind.ToString());
        return check.Columns.IsDefaultOrEmpty ? (check.Sql is null ? kind : $"{kind} '{check.Sql}'") : $"{kind} [{string.Join(", ", check.Columns)}]";
    }
}

/// <summary>A check that failed.</summary>
/// <param name="Table">The table.</param>
/// <param name="Check">The check in words.</param>
/// <param name="Rows">How many rows fail it.</param>
/// <param name="Samples">The first of them, as JSON.</param>
internal sealed record CheckFailure(TableLoad Table, string Check, long Rows, IReadOnlyList<string> Samples)
{
    /// <summary>How it failed, where that is not a matter of single rows.</summary>
    public string? Detail { get; init; }
}
