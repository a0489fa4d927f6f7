using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Millrace.UnitTests.SqlServer;

/// <summary>Microsoft's own parser of T-SQL, in the dialect of SQL Server 2019 (its newest here), names in double quotes.</summary>
internal static class TSql
{
    /// <summary>The statements of a batch; fails the test where the batch does not parse.</summary>
    public static IReadOnlyList<TSqlStatement> Parse(string batch)
    {
        var parser = new TSql150Parser(initialQuotedIdentifiers: true);
        using var reader = new StringReader(batch);
        var script = (TSqlScript)parser.Parse(reader, out IList<ParseError> errors);
        errors.ShouldBeEmpty($"{string.Join("; ", errors.Select(e => $"line {e.Line}, column {e.Column}: {e.Message}"))}\n{batch}");
        return [.. script.Batches.SelectMany(b => b.Statements)];
    }
}
