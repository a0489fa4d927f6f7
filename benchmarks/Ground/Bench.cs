using System.Diagnostics;
using System.Globalization;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Ground;

/// <summary>What the scenarios share: the server, the data, the binary, and how a process is measured.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private static readonly string[] Settings =
    [
        "fsync=on", "synchronous_commit=on", "wal_level=replica", "max_wal_size=16GB", "shared_buffers=1GB", "checkpoint_timeout=30min",
        "log_min_messages=fatal",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-ground-");

    private Bench(Options options, PostgreSqlServer server)
    {
        Options = options;
        Server = server;
        Root = FindRoot();
    }

    public Options Options { get; }

    public PostgreSqlServer Server { get; }

    public Report Report { get; } = new();

    public string Root { get; }

    public static async Task<Bench> StartAsync(Options options) => new(options, await PostgreSqlServer.StartAsync(Settings).ConfigureAwait(false));

    /// <summary>A folder with a dump of so many documents; made once.</summary>
    public (string Folder, long Bytes) Dump(int documents)
    {
        string folder = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"dump-{documents}"));
        string file = Path.Combine(folder, "ground", "docs.bson");
        return (folder, File.Exists(file) ? new FileInfo(file).Length : GroundData.WriteDump(folder, documents));
    }

    /// <summary>A fresh project folder with this millrace.yaml.</summary>
    public string Project(string name, string yaml)
    {
        string folder = Path.Combine(_folder.FullName, "project-" + name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "millrace.yaml"), yaml);
        return folder;
    }

    /// <summary>Runs <c>millrace</c> in a project and measures it.</summary>
    public Task<Measured> MillraceAsync(string project, params string[] arguments) =>
        RunAsync(Path.Combine(Root, "artifacts", "bin", "millrace"), project, arguments);

    /// <summary>Runs a process to its end; it must succeed.</summary>
    public static async Task<Measured> RunAsync(string file, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, PeakKilobytes(process.Id));
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(20)).ConfigureAwait(false);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        string text = await output.ConfigureAwait(false);
        return process.ExitCode == 0
            ? new(elapsed, peak / 1024.0, text)
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{text}\n{await error.ConfigureAwait(false)}");
    }

    /// <summary>Runs something several times and gives the median; each run gets its number.</summary>
    public async Task<Measured> MedianAsync(Func<int, Task<Measured>> run)
    {
        List<Measured> all = [];
        for (int i = 0; i < Options.Runs; i++)
        {
            all.Add(await run(i).ConfigureAwait(false));
        }

        return all.OrderBy(m => m.Elapsed).ElementAt(all.Count / 2);
    }

    /// <summary>The same connection as libpq writes it.</summary>
    public static string Uri(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return string.Create(CultureInfo.InvariantCulture, $"postgresql://{parts.Username}:{parts.Password}@{parts.Host}:{parts.Port}/{parts.Database}");
    }

    /// <summary>Counts a table's rows.</summary>
    public static async Task<long> CountAsync(string connectionString, string table)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
#pragma warning disable CA2100 // The scenarios' own table names.
        await using NpgsqlCommand command = source.CreateCommand($"SELECT count(*) FROM {table}");
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync().ConfigureAwait(false);
        _folder.Delete(recursive: true);
    }

    private static long PeakKilobytes(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(6, line.Length - 8), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (IOException)
        {
            // The process ended between the check and the reading; the last figure stands.
        }

        return 0;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Millrace.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The benchmark must run from the repository.");
    }
}

/// <summary>One measured process.</summary>
/// <param name="Elapsed">Wall time.</param>
/// <param name="PeakMegabytes">Peak resident memory, MiB.</param>
/// <param name="Output">Its standard output.</param>
internal sealed record Measured(TimeSpan Elapsed, double PeakMegabytes, string Output)
{
    public double Seconds => Elapsed.TotalSeconds;
}
