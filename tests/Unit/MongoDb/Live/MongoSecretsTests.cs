using Millrace.Connectors.MongoDb.Native;

namespace Millrace.UnitTests.MongoDb.Live;

public sealed class MongoSecretsTests
{
    [Theory]
    [InlineData("mongodb://ann:p%40ss%2Fword@db1.example:27017/shop", "p@ss/word")]
    [InlineData("mongodb+srv://ann:tiny@cluster.example/?retryWrites=true", "tiny")]
    public void A_password_is_shown_in_no_form(string uri, string password)
    {
        var secrets = new MongoSecrets(uri, password);
        string text = secrets.Scrub($"no: {uri}; {password}; {Uri.EscapeDataString(password)}; at db1.example");

        text.ShouldNotContain(password);
        text.ShouldNotContain(Uri.EscapeDataString(password));
        text.ShouldContain("at db1.example");
    }

    [Fact]
    public void A_password_is_hidden_where_the_driver_cannot_read_the_string()
    {
        var secrets = new MongoSecrets("mongodb://ann:s3cr@et@host", null);

        secrets.Scrub("invalid: s3cr@et").ShouldBe("invalid: ***");
    }

    [Fact]
    public void Without_a_password_nothing_else_is_hidden() =>
        new MongoSecrets("mongodb://db1.example:27017", null).Scrub("db1.example:27017 is down").ShouldBe("db1.example:27017 is down");
}
