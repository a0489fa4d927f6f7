using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Auth;

namespace Millrace.MongoSimulator;

/// <summary>
/// Runs a simulator in a process of its own. It prints <c>listening &lt;uri&gt;</c>, takes orders as lines of its input, answers each with a
/// line, and ends with its input.
/// </summary>
internal static class SimulatorHost
{
    private const string Usage = """
        usage: millrace-mongo-simulator measure DOCUMENTS [BATCH]
               millrace-mongo-simulator [--port N] [--set NAME] [--standalone | --sharded] [--server-version V]
            [--oplog-max BYTES] [--oplog-entries N] [--v1-updates] [--vectored-inserts] [--noop-every SECONDS] [--transaction-entry N]
            [--user NAME:PASSWORD[@DB]]... [--x509-user SUBJECT]... [--tls-cert PEM] [--tls-key PEM] [--tls-client-ca PEM]
            [--load NS=FILE.bson]... [--generate NS=COUNT[,BYTES]]...
        orders on the input: failover MS | step-down | step-up | rollover | close | clear-faults | deny NS | allow NS
            | drop-at N [COMMAND...] | fail COMMAND CODE [TIMES] | replay FILE.bson | noop | counters | quit
        """;

    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output, TextWriter error)
    {
        try
        {
            if (args is ["measure", var documents, .. var batch])
            {
                await Measurement.RunAsync(Number(documents), batch.Length > 0 ? Number(batch[0]) : 2000, output).ConfigureAwait(false);
                return 0;
            }

            (MongoSimulatorOptions options, List<(string Ns, string File)> files, List<(string Ns, int Count, int Bytes)> generated) = Parse(args);
            await using Testing.MongoDb.MongoSimulator simulator = await Testing.MongoDb.MongoSimulator.StartAsync(options).ConfigureAwait(false);
            files.ForEach(f => simulator.Load(f.Ns, f.File));
            generated.ForEach(g => simulator.Load(g.Ns, SampleDocuments.Make(g.Count, g.Bytes)));
            await output.WriteLineAsync($"listening {simulator.Uri}").ConfigureAwait(false);
            await output.FlushAsync().ConfigureAwait(false);
            while (await input.ReadLineAsync().ConfigureAwait(false) is { } line && line != "quit")
            {
                await output.WriteLineAsync(await SimulatorOrders.DoAsync(simulator, line).ConfigureAwait(false)).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
            }

            return 0;
        }
        catch (ArgumentException problem)
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            await error.WriteLineAsync(Usage).ConfigureAwait(false);
            return 2;
        }
    }

    private static (MongoSimulatorOptions Options, List<(string Ns, string File)> Files, List<(string Ns, int Count, int Bytes)> Generated) Parse(string[] args)
    {
        var options = new MongoSimulatorOptions();
        var files = new List<(string Ns, string File)>();
        var generated = new List<(string Ns, int Count, int Bytes)>();
        string? certificate = null, key = null;
        var rest = new Queue<string>(args);

        string Next(string name) => rest.TryDequeue(out string? value) ? value : throw new ArgumentException($"{name} needs a value");

        while (rest.TryDequeue(out string? name))
        {
            switch (name)
            {
                case "--tls-cert":
                    certificate = Next(name);
                    break;
                case "--tls-key":
                    key = Next(name);
                    break;
                case "--load":
                    string[] load = Next(name).Split('=', 2);
                    files.Add((load[0], load[1]));
                    break;
                case "--generate":
                    string[] generate = Next(name).Split('=', ',');
                    generated.Add((generate[0], Number(generate[1]), generate.Length > 2 ? Number(generate[2]) : 340));
                    break;
                default:
                    options = Apply(options, name, () => Next(name));
                    break;
            }
        }

        if (certificate is not null)
        {
            options = options with { Certificate = X509Certificate2.CreateFromPemFile(certificate, key) };
        }

        return (options, files, generated);
    }

    private static MongoSimulatorOptions Apply(MongoSimulatorOptions options, string name, Func<string> value) => name switch
    {
        "--port" => options with { Port = Number(value()) },
        "--set" => options with { SetName = value() },
        "--standalone" => options with { Mode = MongoSimulatorMode.Standalone },
        "--sharded" => options with { Mode = MongoSimulatorMode.Sharded },
        "--server-version" => options with { Version = value() },
        "--oplog-max" => options with { OplogMaxBytes = Number(value()) },
        "--oplog-entries" => options with { OplogMaxEntries = Number(value()) },
        "--v1-updates" => options with { UpdateLogFormat = UpdateLogFormat.Modifiers },
        "--vectored-inserts" => options with { VectoredInserts = true },
        "--noop-every" => options with { NoopInterval = TimeSpan.FromSeconds(double.Parse(value(), CultureInfo.InvariantCulture)) },
        "--transaction-entry" => options with { TransactionEntryOperations = Number(value()) },
        "--user" => options with { Users = [.. options.Users, User(value())] },
        "--x509-user" => options with { Users = [.. options.Users, new MongoUser(value(), null, "$external")] },
        "--tls-client-ca" => options with { ClientAuthority = X509CertificateLoader.LoadCertificateFromFile(value()) },
        _ => throw new ArgumentException($"unknown option {name}"),
    };

    private static MongoUser User(string text)
    {
        int at = text.LastIndexOf('@'), colon = text.IndexOf(':', StringComparison.Ordinal);
        return new MongoUser(text[..colon], at < 0 ? text[(colon + 1)..] : text[(colon + 1)..at], at < 0 ? "admin" : text[(at + 1)..]);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
