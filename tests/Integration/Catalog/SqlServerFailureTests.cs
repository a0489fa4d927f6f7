using Millrace.Catalog.Stores;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>What can be seen of SQL Server without one.</summary>
public sealed class SqlServerFailureTests
{
    [Fact]
    public async Task A_server_that_cannot_be_reached_says_so_with_a_fix_and_no_secret()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        var store = CatalogStore.SqlServer("Server=127.0.0.1,1;Database=d;User ID=u;Password=wrong-Zq17", "metadata");

        foreach (Func<Task> use in new Func<Task>[] { () => store.OpenAsync(ct), () => store.OpenToReadAsync(ct), () => store.StatusAsync(ct) })
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(use);
            (error.Code, error.Code.Kind, error.ConfigPath).ShouldBe((ErrorCodes.CannotConnect, ErrorKind.Environment, "catalog.connection_string"));
            error.Fix.ShouldNotBeNull();
            error.ToString().ShouldNotContain("Zq17");
        }
    }

    [Theory]
    [InlineData("Password=wrong-Zq17;Nonsense=1")]
    [InlineData("Database=d;Password=wrong-Zq17")]
    public void A_connection_string_that_cannot_be_used_is_a_setting_to_mend(string text)
    {
        MillraceException error = Should.Throw<MillraceException>(() => CatalogStore.SqlServer(text, "metadata"));

        (error.Code, error.ConfigPath).ShouldBe((ErrorCodes.InvalidConfiguration, "catalog.connection_string"));
        error.ToString().ShouldNotContain("Zq17");
    }
}
