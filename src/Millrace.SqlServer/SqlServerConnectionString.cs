using Microsoft.Data.SqlClient;
using Millrace.Core.Errors;

namespace Millrace.SqlServer;

/// <summary>
/// Reads a connection string and sets what all of Millrace needs. What it reports never repeats the text, which holds the password.
/// </summary>
public static class SqlServerConnectionString
{
    /// <summary>The settings of the driver.</summary>
    /// <param name="text">The connection string.</param>
    /// <param name="connectTimeout">How long to try to connect.</param>
    /// <param name="statementTimeout">How long a statement may take.</param>
    /// <param name="owner">Whose it is, for a message: <c>connection prod</c>.</param>
    /// <param name="path">The setting.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public static SqlConnectionStringBuilder Read(string text, TimeSpan connectTimeout, TimeSpan statementTimeout, string owner, string path)
    {
        SqlConnectionStringBuilder builder;
        try
        {
            builder = new(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or NotSupportedException)
        {
            throw Invalid(owner, path, "it cannot be read");
        }

        if (string.IsNullOrWhiteSpace(builder.DataSource))
        {
            throw Invalid(owner, path, "it names no server");
        }

        if (!builder.ShouldSerialize("Application Name"))
        {
            builder.ApplicationName = "millrace";
        }

        builder.ConnectTimeout = (int)Math.Ceiling(connectTimeout.TotalSeconds);
        builder.CommandTimeout = (int)Math.Ceiling(statementTimeout.TotalSeconds);

        // One connection a run, kept open: a pool would only hide its state, and a connection that came back by itself would have lost its stages.
        builder.Pooling = false;
        builder.ConnectRetryCount = 0;
        builder.MultipleActiveResultSets = false;
        builder.Enlist = false;
        builder.PersistSecurityInfo = false;
        return builder;
    }

    private static MillraceException Invalid(string owner, string path, string why) => new(
        ErrorCodes.InvalidConfiguration,
        $"The connection_string of {owner} is not usable: {why}.",
        "Write it as Server=host,1433;Database=name;User ID=user;Password=….",
        path);
}
