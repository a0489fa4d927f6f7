using System.Collections.Immutable;
using Millrace.Connectors.Sql.Steps;

namespace Millrace.UnitTests.SqlSteps;

public sealed class SqlScriptTests
{
    private static readonly HashSet<string> Known = ["run_id", "region"];

    private static readonly ScriptSyntax Postgres = new("PostgreSQL")
    {
        HasDollarQuotes = true, HasEscapeStrings = true, Marker = (place, _) => $"${place}",
    };

    private static readonly ScriptSyntax TransactSql = new("SQL Server") { HasBrackets = true, HasBatches = true, Marker = (_, name) => "@" + name };

    [Theory]
    [InlineData("a; b", "a|b")]
    [InlineData("a;;\n; b;", "a|b")]
    [InlineData("", "")]
    [InlineData("-- only; a comment\n/* and; another */", "")]
    [InlineData("a -- with; a comment\n; b", "a -- with; a comment|b")]
    [InlineData("a /* one; /* nested; */ still; */ x; b", "a /* one; /* nested; */ still; */ x|b")]
    [InlineData("a 'text; it''s' ; b", "a 'text; it''s'|b")]
    [InlineData("a E'it\\'s; x' ; b", "a E'it\\'s; x'|b")]
    [InlineData("a 'plain\\'; b", "a 'plain\\'|b")]
    [InlineData("a \"col;umn\"\"x;\" ; b", "a \"col;umn\"\"x;\"|b")]
    [InlineData("a $$ body; $1 $$ ; b", "a $$ body; $1 $$|b")]
    [InlineData("a $t$ x; $$ y; $t$ ; b", "a $t$ x; $$ y; $t$|b")]
    [InlineData("a $1; b", "a $1|b")]
    [InlineData("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END; b", "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END|b")]
    [InlineData("BEGIN; COMMIT; END", "BEGIN|COMMIT|END")]
    [InlineData("a 'not closed; b", "a 'not closed; b")]
    [InlineData("a /* not closed; b", "a /* not closed; b")]
    [InlineData("a $$ not closed; b", "a $$ not closed; b")]
    public void Statements_end_at_semicolons_outside_texts_and_comments(string script, string statements) =>
        string.Join("|", SqlScript.Parse(script, Postgres, Known).Select(s => s.Text)).ShouldBe(statements);

    [Theory]
    [InlineData("SELECT :run_id", "SELECT $1", "run_id")]
    [InlineData("SELECT :region, :run_id, :region", "SELECT $1, $2, $1", "region,run_id")]
    [InlineData("SELECT x::run_id, ':run_id', \":run_id\" -- :run_id", "SELECT x::run_id, ':run_id', \":run_id\" -- :run_id", "")]
    [InlineData("SELECT a[1:run_id], {'k':region}, f(x):run_id", "SELECT a[1:run_id], {'k':region}, f(x):run_id", "")]
    [InlineData("SELECT (:run_id)::text, x=:region", "SELECT ($1)::text, x=$2", "run_id,region")]
    [InlineData("SELECT :unknown, :run_ids", "SELECT :unknown, :run_ids", "")]
    [InlineData("DO $$ SELECT :run_id $$", "DO $$ SELECT :run_id $$", "")]
    [InlineData(":run_id", "$1", "run_id")]
    public void Parameters_are_marked_where_they_are_known_and_stand_free(string script, string text, string parameters)
    {
        ScriptStatement statement = SqlScript.Parse(script, Postgres, Known).ShouldHaveSingleItem();
        statement.Text.ShouldBe(text);
        string.Join(",", statement.Parameters).ShouldBe(parameters);
        statement.Unknown.ShouldBe(script.Contains(":unknown", StringComparison.Ordinal) ? ["unknown", "run_ids"] : []);
    }

    [Fact]
    public void Lines_count_from_the_statements_first_word()
    {
        ImmutableArray<ScriptStatement> statements = SqlScript.Parse("-- one\n\nSELECT 1;\n/* x\ny */ SELECT\n 2; SELECT 3", Postgres, Known);
        statements.Select(s => (s.Line, s.Text)).ShouldBe([(3, "SELECT 1"), (5, "SELECT\n 2"), (6, "SELECT 3")]);
    }

    [Theory]
    [InlineData("a; b\nGO\nc\n go \n", "a; b|c")]
    [InlineData("a 'x\nGO\ny'\nGO", "a 'x\nGO\ny'")]
    [InlineData("a /* x\nGO\n*/ b\nGO;", "a /* x\nGO\n*/ b")]
    [InlineData("INSERT t VALUES (:run_id)\nGO 2", "INSERT t VALUES (@run_id)|INSERT t VALUES (@run_id)")]
    [InlineData("SELECT [a:run_id;]]x], GOTO", "SELECT [a:run_id;]]x], GOTO")]
    [InlineData("GO\nGO\na", "a")]
    public void Batches_end_at_a_line_go(string script, string batches) =>
        string.Join("|", SqlScript.Parse(script, TransactSql, Known).Select(s => s.Text)).ShouldBe(batches);

    [Theory]
    [InlineData("BEGIN", true)]
    [InlineData("begin transaction", true)]
    [InlineData("COMMIT", true)]
    [InlineData("END", true)]
    [InlineData("START  TRANSACTION", true)]
    [InlineData("ROLLBACK", true)]
    [InlineData("ROLLBACK WORK", true)]
    [InlineData("ABORT", true)]
    [InlineData("/* x */ COMMIT", true)]
    [InlineData("ROLLBACK TO SAVEPOINT a", false)]
    [InlineData("SAVEPOINT a", false)]
    [InlineData("COMMITTED", false)]
    [InlineData("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END", false)]
    [InlineData("COMMENT ON TABLE a IS 'COMMIT'", false)]
    public void Statements_that_would_end_a_transaction_are_known(string script, bool ends) =>
        SqlScript.Parse(script, Postgres, Known).ShouldHaveSingleItem().EndsTransaction.ShouldBe(ends);

    [Fact]
    public void Nothing_of_a_script_is_lost_but_what_parts_it()
    {
        string[] pieces = ["a", "b1", " ", "\n", ";", "'x;y'", "'it''s'", "\"q;\"", "$$;$$", "$t$;$$;$t$", "-- c;\n", "/* d; /* e */ */", ":run_id", "::x", "(", ")", "$1", "E'\\';'"];
        var random = new Random(20261121);
        for (int i = 0; i < 20_000; i++)
        {
            string script = string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => pieces[random.Next(pieces.Length)]));
            ImmutableArray<ScriptStatement> statements = SqlScript.Parse(script, Postgres with { Marker = (_, name) => ":" + name }, Known);
            int at = 0;
            foreach (ScriptStatement statement in statements)
            {
                int found = script.IndexOf(statement.Text, at, StringComparison.Ordinal);
                found.ShouldBeGreaterThanOrEqualTo(at, script);
                Skipped(script[at..found]).ShouldBe("", script);
                statement.Line.ShouldBe(1 + script[..found].Count(c => c == '\n'), script);
                at = found + statement.Text.Length;
            }

            Skipped(script[at..]).ShouldBe("", script);
        }
    }

    // What stands between statements: semicolons, blanks and comments.
    private static string Skipped(string text)
    {
        text = text.Replace("/* d; /* e */ */", "").Replace(";", "");
        return string.Concat(text.Split('\n').Select(l => l.IndexOf("--", StringComparison.Ordinal) is >= 0 and int at ? l[..at] : l)).Trim();
    }
}
