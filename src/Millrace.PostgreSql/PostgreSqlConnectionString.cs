using Millrace.Core.Errors;
using Npgsql;

namespace Millrace.PostgreSql;

/// <summary>
/// Reads a connection string, as a URI (PostgreSQL manual, 34.1.1.2) or in Npgsql's own form, and sets what all of Millrace needs. What it reports
/// never repeats the text, which holds the password.
/// </summary>
public static class PostgreSqlConnectionString
{
    /// <summary>The settings of the driver.</summary>
    /// <param name="text">The connection string.</param>
    /// <param name="connectTimeout">How long to try to connect.</param>
    /// <param name="owner">Whose it is, for a message: <c>connection prod</c>.</param>
    /// <param name="path">The setting.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>.</exception>
    public static NpgsqlConnectionStringBuilder Read(string text, TimeSpan connectTimeout, string owner, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = text.Contains("://", StringComparison.Ordinal) ? FromUri(text) : new(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or UriFormatException or KeyNotFoundException)
        {
            throw Invalid(owner, path, "it cannot be read");
        }

        if (string.IsNullOrEmpty(builder.Host))
        {
            throw Invalid(owner, path, "it names no host");
        }

        builder.ApplicationName ??= "millrace";
        builder.Timeout = (int)Math.Ceiling(connectTimeout.TotalSeconds);

        // One connection a run, kept open: a pool would only hide its state. Long statements end by cancellation, not by a driver's clock.
        builder.Pooling = false;
        builder.CommandTimeout = 0;
        builder.CancellationTimeout = 1000;
        builder.TcpKeepAlive = true;
        builder.TcpKeepAliveTime = 30;
        builder.TcpKeepAliveInterval = 10;
        builder.IncludeErrorDetail = false;
        return builder;
    }

    private static NpgsqlConnectionStringBuilder FromUri(string text)
    {
        var uri = new Uri(text);
        if (uri.Scheme is not ("postgres" or "postgresql"))
        {
            throw new FormatException("The scheme is not postgresql.");
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host.Trim('[', ']') };
        if (!uri.IsDefaultPort && uri.Port > 0)
        {
            builder.Port = uri.Port;
        }

        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        if (uri.AbsolutePath.Length > 1)
        {
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        }

        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            string name = NameOf(Uri.UnescapeDataString(parts[0]));
            string value = Uri.UnescapeDataString(parts.Length == 2 ? parts[1] : "");

            // libpq writes verify-full where Npgsql writes VerifyFull.
            builder[name] = name == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }

    // libpq's names where Npgsql's differ; the others are looked up as they are.
    private static string NameOf(string parameter) => parameter switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "application_name" => "Application Name",
        "connect_timeout" => "Timeout",
        _ => parameter,
    };

    private static MillraceException Invalid(string owner, string path, string why) => new(
        ErrorCodes.InvalidConfiguration,
        $"The connection_string of {owner} is not usable: {why}.",
        "Write postgresql://user:password@host:5432/database, or Host=…;Database=…;Username=…;Password=…; percent-encode special characters of the URI's password.",
        path);
}
