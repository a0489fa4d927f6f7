using Microsoft.Data.SqlClient;
using Millrace.Core.Errors;

namespace Millrace.Connectors.SqlServer;

/// <summary>Reads a connection string and sets what a load needs. What it reports never repeats the text, which holds the password.</summary>
internal static class SqlServerConnectionString
{
    /// <summary>The settings of the driver.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public static SqlConnectionStringBuilder Read(SqlServerOptions options, string connection)
    {
        SqlConnectionStringBuilder builder;
        try
        {
            builder = new(options.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or NotSupportedException)
        {
            throw Invalid(connection, "it cannot be read");
        }

        if (string.IsNullOrWhiteSpace(builder.DataSource))
        {
            throw Invalid(connection, "it names no server");
        }

        if (!builder.ShouldSerialize("Application Name"))
        {
            builder.ApplicationName = "millrace";
        }

        builder.ConnectTimeout = (int)Math.Ceiling(options.ConnectTimeout.TotalSeconds);
        builder.CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds);

        // One connection a run, kept open: a pool would only hide its state, and a connection that came back by itself would have lost its stages.
        builder.Pooling = false;
        builder.ConnectRetryCount = 0;
        builder.MultipleActiveResultSets = false;
        builder.Enlist = false;
        builder.PersistSecurityInfo = false;
        return builder;
    }

    private static MillraceException Invalid(string connection, string reason) => new(
        ErrorCodes.InvalidConfiguration,
        $"Connection {connection}: connection_string is no connection string of SQL Server: {reason}.",
        "Write it as Server=host,1433;Database=name;User ID=user;Password=….",
        $"connections.{connection}.connection_string");
}
