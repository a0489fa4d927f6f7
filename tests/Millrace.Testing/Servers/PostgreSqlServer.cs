using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Millrace.Testing.Servers;

/// <summary>
/// Debian's PostgreSQL on a throw-away cluster: a temporary folder, a free port on loopback, password logins only. It stops with
/// <see cref="DisposeAsync"/> and also when the process that started it dies, however it dies.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    /// <summary>The superuser.</summary>
    public const string User = "millrace";

    /// <summary>Its password.</summary>
    public const string Password = "loopback-only";

    private static readonly string[] TestSettings =
    [
        "fsync=off", "full_page_writes=off", "wal_level=logical", "max_connections=100", "max_wal_size=2GB",
        "log_min_messages=fatal",
    ];

    private readonly string _bin;
    private readonly DirectoryInfo _folder;
    private readonly string[] _settings;
    private Process? _server;
    private int _databases;

    private PostgreSqlServer(string bin, DirectoryInfo folder, string[] settings)
    {
        _bin = bin;
        _folder = folder;
        _settings = settings;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>True where the environment asks to go without servers.</summary>
    public static bool IsSkipped => Environment.GetEnvironmentVariable("MILLRACE_SKIP_SERVERS") == "1";

    /// <summary>Makes a cluster and starts it.</summary>
    /// <param name="settings">Settings as <c>name=value</c> instead of the fast and unsafe ones that tests use.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<PostgreSqlServer> StartAsync(params string[] settings)
    {
        string bin = FindBinaries() ?? throw new InvalidOperationException(
            "PostgreSQL's server is not installed. Install it with 'apt-get install postgresql-15', or set MILLRACE_SKIP_SERVERS=1 to go without.");
        var server = new PostgreSqlServer(bin, Directory.CreateTempSubdirectory("millrace-pg-"), settings.Length == 0 ? TestSettings : settings);
        await server.InitializeAsync().ConfigureAwait(false);
        await server.RestartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>A connection string to a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="pooling">False where connections must end with their owner.</param>
    public string ConnectionString(string database = "postgres", bool pooling = false) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = User,
        Password = Password,
        Database = database,
        Pooling = pooling,
    }.ConnectionString;

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = "db" + Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture);
        await ExecuteAsync(ConnectionString(), $"CREATE DATABASE {name}").ConfigureAwait(false);
        return ConnectionString(name);
    }

    /// <summary>Runs a statement on a connection of its own.</summary>
    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>Stops the server at once, as a crash would, without removing anything.</summary>
    public async Task CrashAsync()
    {
        if (_server is { HasExited: false } server)
        {
            await server.StandardInput.WriteLineAsync("QUIT").ConfigureAwait(false);
            await server.WaitForExitAsync().ConfigureAwait(false);
        }

        _server?.Dispose();
        _server = null;
    }

    /// <summary>Starts the server on the same cluster and port, stopping it first where it runs.</summary>
    public async Task RestartAsync()
    {
        await CrashAsync().ConfigureAwait(false);
        Port = Port == 0 ? FreePort() : Port;
        string options = string.Concat(_settings.Select(s => $" -c {s}"));
        string data = Path.Combine(_folder.FullName, "data");

        // The shell lives as long as its input is open, so the server does not outlive a process that is killed.
        string script = $"""
            {AsOwner}"{_bin}/postgres" -D "{data}" -p {Port} -h 127.0.0.1 -k "{_folder.FullName}"{options} >>"{_folder.FullName}/log" 2>&1 &
            pid=$!
            read -r signal
            kill -s "$([ -n "$signal" ] && echo "$signal" || echo INT)" $pid
            wait $pid
            """;
        _server = Start("/bin/sh", ["-c", script]);
        await WaitUntilReadyAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CrashAsync().ConfigureAwait(false);
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A backend may still be writing its last file; the temporary folder then stays behind, which harms nothing.
        }
    }

    private static string AsOwner => Environment.UserName == "root" ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";

    private static string? FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(b => File.Exists(b + "/postgres")).Max()
            : null;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Process Start(string file, string[] arguments) =>
        Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;

    private async Task InitializeAsync()
    {
        string password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, Password + "\n").ConfigureAwait(false);
        string script = $"""
            {(AsOwner.Length > 0 ? $"chown -R postgres:postgres \"{_folder.FullName}\" &&" : "")} cd / &&
            {AsOwner}"{_bin}/initdb" -D "{_folder.FullName}/data" -U {User} -A scram-sha-256 --pwfile="{password}" -E UTF8 --no-locale --no-sync
            """;
        using Process process = Start("/bin/sh", ["-c", script]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
        await output.ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("initdb failed: " + error);
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString());
                await connection.OpenAsync(CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (NpgsqlException e)
            {
                if (timeout.IsCancellationRequested)
                {
                    string log = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "log"), CancellationToken.None).ConfigureAwait(false);
                    throw new InvalidOperationException("PostgreSQL did not start: " + log, e);
                }

                await Task.Delay(50, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
