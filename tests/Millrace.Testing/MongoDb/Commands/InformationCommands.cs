using System.Globalization;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>Commands that tell about the server.</summary>
internal static class InformationCommands
{
    public static ValueTask Ping(CommandContext context) => ValueTask.CompletedTask;

    public static ValueTask BuildInfo(CommandContext context)
    {
        string version = context.Server.Options.Version;
        int[] parts = [.. version.Split('.').Select(p => int.Parse(p, CultureInfo.InvariantCulture)), 0];
        Write(context, new Doc
        {
            { "version", version }, { "gitVersion", "0000000000000000000000000000000000000000" }, { "modules", new Arr() },
            { "allocator", "system" }, { "javascriptEngine", "none" }, { "sysInfo", "deprecated" },
            { "versionArray", Arr.Of(parts.Take(4).Select(p => (Node)p)) }, { "bits", 64 }, { "debug", false },
            { "maxBsonObjectSize", 16 * 1024 * 1024 }, { "storageEngines", Arr.Of(["wiredTiger"]) },
        });
        return ValueTask.CompletedTask;
    }

    public static ValueTask ConnectionStatus(CommandContext context)
    {
        Doc[] users = context.Client.User is { } user ? [new Doc { { "user", user.Name }, { "db", user.Database } }] : [];
        Write(context, new Doc { { "authInfo", new Doc { { "authenticatedUsers", Arr.Of(users) }, { "authenticatedUserRoles", new Arr() } } } });
        return ValueTask.CompletedTask;
    }

    public static ValueTask GetParameter(CommandContext context)
    {
        string major = string.Join('.', context.Server.Options.Version.Split('.').Take(2));
        var known = new Doc { { "featureCompatibilityVersion", new Doc { { "version", major } } }, { "transactionLifetimeLimitSeconds", 60 } };
        Field[] found = [.. known.Where(k => context["getParameter"].AsString() == "*" || context.Command[k.Name] is not null)];
        if (found.Length == 0)
        {
            throw new CommandException(ErrorCode.InvalidOptions, "no option found to get");
        }

        foreach (Field field in found)
        {
            new Doc { { field.Name, field.Value } }.WriteInto(context.Reply);
        }

        return ValueTask.CompletedTask;
    }

    public static ValueTask ServerStatus(CommandContext context)
    {
        ServerState server = context.Server;
        var status = new Doc
        {
            { "host", server.Address }, { "version", server.Options.Version }, { "process", server.Options.Mode == MongoSimulatorMode.Sharded ? "mongos" : "mongod" },
            { "localTime", Leaf.Date(server.Options.Time.GetUtcNow()) }, { "storageEngine", new Doc { { "name", "wiredTiger" } } },
            { "metrics", new Doc { { "cursor", new Doc { { "open", new Doc { { "total", (long)server.Cursors.Count } } } } } } },
        };
        if (server.Options.Mode == MongoSimulatorMode.ReplicaSet)
        {
            status.Add("repl", new Doc { { "setName", server.Options.SetName }, { "isWritablePrimary", server.Topology.IsPrimary }, { "me", server.Address } });
            using (server.Gate.Read())
            {
                status.Add("oplogTruncation", new Doc { { "truncateCount", server.Oplog.Dropped } });
            }
        }

        Write(context, status);
        return ValueTask.CompletedTask;
    }

    public static ValueTask GetLog(CommandContext context)
    {
        Write(context, new Doc { { "totalLinesWritten", 0 }, { "log", new Arr() } });
        return ValueTask.CompletedTask;
    }

    public static ValueTask HostInfo(CommandContext context)
    {
        Write(context, new Doc { { "system", new Doc { { "hostname", "127.0.0.1" }, { "numCores", Environment.ProcessorCount } } }, { "os", new Doc { { "type", "Linux" } } } });
        return ValueTask.CompletedTask;
    }

    public static ValueTask GetCmdLineOpts(CommandContext context)
    {
        Write(context, new Doc { { "argv", Arr.Of(["mongod"]) }, { "parsed", new Doc() } });
        return ValueTask.CompletedTask;
    }

    public static ValueTask ReplicaSetStatus(CommandContext context)
    {
        ServerState server = context.Server;
        if (server.Options.Mode != MongoSimulatorMode.ReplicaSet)
        {
            throw new CommandException(76, "not running with --replSet");
        }

        int state = server.Topology.IsPrimary ? 1 : 2;
        var optime = new Doc { { "ts", Leaf.Timestamp(server.Oplog.LastTimestamp) }, { "t", server.Oplog.Term } };
        var member = new Doc
        {
            { "_id", 0 }, { "name", server.Address }, { "health", 1.0 }, { "state", state }, { "stateStr", state == 1 ? "PRIMARY" : "SECONDARY" },
            { "optime", optime }, { "self", true },
        };
        Write(context, new Doc
        {
            { "set", server.Options.SetName }, { "date", Leaf.Date(server.Options.Time.GetUtcNow()) }, { "myState", state }, { "term", server.Oplog.Term },
            { "optimes", new Doc { { "lastCommittedOpTime", optime }, { "appliedOpTime", optime }, { "durableOpTime", optime } } }, { "members", Arr.Of([member]) },
        });
        return ValueTask.CompletedTask;
    }

    private static void Write(CommandContext context, Doc reply) => reply.WriteInto(context.Reply);
}
