using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Config;

public sealed class SecretTests
{
    private const string Secret = "s3cr3t-Kq9";

    [Theory]
    [InlineData("${A}", Secret)]
    [InlineData("x ${A} y ${B}", "x " + Secret + " y b")]
    [InlineData("file:secrets/a", Secret)]
    [InlineData("file:secrets/${B}", "from b")]
    [InlineData("$${A}", "${A}")]
    [InlineData("plain $5 {A}", "plain $5 {A}")]
    [InlineData("${C}", "$${A}")]
    public void References_are_replaced_once(string text, string expected) =>
        Resolver().Resolve(text, "connections.x.uri").ShouldBe(expected);

    [Fact]
    public void A_missing_secret_names_every_place_that_was_looked_in()
    {
        MillraceException variable = Should.Throw<MillraceException>(() => Resolver().Resolve("${NOPE}", "connections.x.uri"));
        MillraceException file = Should.Throw<MillraceException>(() => Resolver().Resolve("file:nope", "connections.x.uri"));

        variable.Code.ShouldBe(ErrorCodes.SecretMissing);
        variable.ConfigPath.ShouldBe("connections.x.uri");
        variable.Message.ShouldContain("the environment: no NOPE");
        variable.Message.ShouldContain(".env: no NOPE");
        file.Message.ShouldContain("file nope");
    }

    [Theory]
    [InlineData("uri: 'mongodb://me:" + Secret + "@host/'", true)]
    [InlineData("uri: 'mongodb://me:${A}@host/'", false)]
    [InlineData("uri: 'mongodb://localhost'", false)]
    [InlineData("uri: 'Host=a;Password=" + Secret + "'", true)]
    [InlineData("uri: 'Host=a;Password=${A}'", false)]
    [InlineData("password: " + Secret, true)]
    [InlineData("password: '${A}'", false)]
    [InlineData("password: 'file:a'", false)]
    public void A_plain_text_secret_is_a_warning_and_is_shown_nowhere(string option, bool warned)
    {
        ProjectLoadResult result = ProjectSamples.Load($"connections: {{ c: {{ type: mongodb, {option} }} }}");

        result.Problems.Any(p => p.Code == ErrorCodes.PlainSecret && p.IsWarning).ShouldBe(warned);
        string everything = string.Join('\n', result.Problems) + result.Required().Connections["c"].ToJson() + result.Required();
        everything.ShouldNotContain(Secret);
    }

    [Fact]
    public void Resolved_values_are_bound_and_never_shown()
    {
        ProjectLoadResult result = ProjectSamples.Load(
            "connections: { c: { type: mongodb, uri: '${A}', pool_size: '${N}', timeout: '${A}' }, d: { type: mongodb, pool_size: '${N}' } }");
        Project project = result.Required();

        ConnectionSettings good = project.Connections["d"].Resolve(Resolver(), "/p");
        MillraceException bad = Should.Throw<MillraceException>(() => project.Connections["c"].Resolve(Resolver(), "/p"));

        good.Options.ShouldBeOfType<ProjectSamples.MongoOptions>().PoolSize.ShouldBe(12);
        good.ToString().ShouldBe("connection d");
        bad.ConfigPath.ShouldBe("connections.c.timeout");
        bad.Fix.ShouldNotBeNull().ShouldContain("stands for");
        (bad.Message + bad.Fix).ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("uri: 'mongodb://me:" + Secret + "@host/', timeout: 10s")]
    [InlineData("password: " + Secret)]
    public void What_stands_in_the_file_as_plain_text_is_scrubbed_as_well(string options)
    {
        SecretResolver resolver = Resolver();
        ProjectSamples.Load($"connections: {{ c: {{ type: mongodb, {options} }} }}").Required().Connections["c"].Resolve(resolver, "/p");

        resolver.Scrubber.Scrub($"refused: {Secret}").ShouldBe("refused: ***");
    }

    [Fact]
    public void A_mistyped_secret_is_not_repeated_in_the_message()
    {
        ProjectLoadResult result = ProjectSamples.Load($"connections: {{ c: {{ type: mongodb, password: [ {{ a: {Secret} }} ] }} }}");

        result.Problems.ShouldNotBeEmpty();
        string.Join('\n', result.Problems).ShouldNotContain(Secret);
    }

    [Fact]
    public void Mask_keys_are_resolved_for_the_run_only()
    {
        TaskDefinition task = ProjectSamples.Task("""
            { source: { connection: shop, dataset: a }, target: { connection: warehouse }, mask_key: "${A}",
              columns: [ { from: x, mask: hmac_sha256 }, { from: y, mask: redact } ] }
            """);

        TaskDefinition resolved = Resolver().Resolve(task);

        task.Columns[0].MaskKey.ShouldBe("${A}");
        resolved.Columns[0].MaskKey.ShouldBe(Secret);
        resolved.Columns[1].MaskKey.ShouldBeNull();
        resolved.ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("mongodb://me:p%40ss-word@host/db", "auth failed for p@ss-word", "auth failed for ***")]
    [InlineData("mongodb://me:p%40ss-word@host/db", "cannot open mongodb://me:p%40ss-word@host/db now", "cannot open *** now")]
    [InlineData("Host=a;Password='t0p-s3cret';Port=1", "t0p-s3cret refused", "*** refused")]
    [InlineData("Host=a;Password='t0p;s3cret';Port=1", "t0p;s3cret refused", "*** refused")]
    [InlineData("p@ss word", "cannot open mongodb://me:p%40ss%20word@host", "cannot open mongodb://me:***@host")]
    [InlineData("abc", "an abc of things", "an abc of things")]
    public void What_drivers_say_is_scrubbed_of_known_secrets(string secret, string text, string expected)
    {
        var resolver = new SecretResolver([new("test", _ => secret)], _ => null);
        resolver.Resolve("${X}", "connections.x.uri");

        resolver.Scrubber.Scrub(text).ShouldBe(expected);
    }

    [Fact]
    public void A_dotenv_file_is_read_as_shells_write_it()
    {
        var variables = DotEnv.Parse("# comment\nA=1\nexport B = \"two words\"\r\nC='x=y'\nnothing\n");

        variables.Count.ShouldBe(3);
        (variables["A"], variables["B"], variables["C"]).ShouldBe(("1", "two words", "x=y"));
    }

    private static SecretResolver Resolver()
    {
        var environment = new Dictionary<string, string> { ["A"] = Secret, ["C"] = "$${A}", ["N"] = "12" };
        var dotEnv = new Dictionary<string, string> { ["A"] = "second place", ["B"] = "b" };
        var files = new Dictionary<string, string> { ["secrets/a"] = Secret + "\n", ["secrets/b"] = "from b" };
        return new(
            [new("the environment", environment.GetValueOrDefault), new(".env", dotEnv.GetValueOrDefault)],
            files.GetValueOrDefault);
    }
}
