using Millrace.PostgreSql;
using Npgsql;

namespace Millrace.UnitTests.PostgreSql;

public sealed class PostgreSqlConnectionStringTests
{
    [Fact]
    public void ParametersOfAUriKeepTheirDashes()
    {
        NpgsqlConnectionStringBuilder settings = Read(
            "postgresql://u:p@db.example:5433/shop?sslmode=verify-full&sslrootcert=%2Fetc%2Fmy-ca.pem&application_name=night-load&options=-c%20search_path%3Draw");

        settings.SslMode.ShouldBe(SslMode.VerifyFull);
        settings.RootCertificate.ShouldBe("/etc/my-ca.pem");
        settings.ApplicationName.ShouldBe("night-load");
        settings.Options.ShouldBe("-c search_path=raw");
        settings.Port.ShouldBe(5433);
    }

    private static NpgsqlConnectionStringBuilder Read(string text) =>
        PostgreSqlConnectionString.Read(text, TimeSpan.FromSeconds(15), "connection prod", "connections.prod.connection_string");
}
