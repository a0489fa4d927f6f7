namespace Millrace.Testing.MongoDb.Commands;

/// <summary>The commands that are known, and their fields. What is not here is refused.</summary>
internal static class CommandTable
{
    private static readonly HashSet<string> CommonFields = Set(
        "$db lsid txnNumber $clusterTime $readPreference startTransaction autocommit readConcern writeConcern maxTimeMS comment apiVersion apiStrict "
        + "apiDeprecationErrors $audit $client stmtId stmtIds mayBypassWriteBlocking rawData");

    private static readonly Dictionary<string, CommandEntry> Entries = Build();

    public static CommandEntry? Find(string name) => Entries.GetValueOrDefault(name);

    public static bool Takes(CommandEntry entry, string name, string field) => field == name || CommonFields.Contains(field) || entry.Fields.Contains(field);

    private static Dictionary<string, CommandEntry> Build()
    {
        var table = new Dictionary<string, CommandEntry>(StringComparer.Ordinal);

        void Add(string names, Func<CommandContext, ValueTask> handler, string fields, CommandTraits traits)
        {
            foreach (string name in names.Split(' '))
            {
                table.Add(name, new CommandEntry(handler, Set(fields), traits));
            }
        }

        const CommandTraits read = CommandTraits.Reads, both = CommandTraits.Reads | CommandTraits.InTransaction;
        const CommandTraits write = CommandTraits.Writes, document = CommandTraits.Writes | CommandTraits.InTransaction | CommandTraits.Retryable;
        const CommandTraits anyone = CommandTraits.WithoutLogin;
        Add("hello isMaster ismaster", HandshakeCommands.Hello,
            "helloOk client compression saslSupportedMechs speculativeAuthenticate topologyVersion maxAwaitTimeMS loadBalanced hostInfo internalClient backpressure", anyone);
        Add("ping", InformationCommands.Ping, "", anyone);
        Add("buildInfo buildinfo", InformationCommands.BuildInfo, "", anyone);
        Add("connectionStatus", InformationCommands.ConnectionStatus, "showPrivileges", anyone);
        Add("getParameter", InformationCommands.GetParameter, "*", CommandTraits.AdminOnly);
        Add("serverStatus", InformationCommands.ServerStatus, "*", CommandTraits.None);
        Add("getLog", InformationCommands.GetLog, "", CommandTraits.AdminOnly);
        Add("hostInfo", InformationCommands.HostInfo, "", CommandTraits.None);
        Add("getCmdLineOpts", InformationCommands.GetCmdLineOpts, "", CommandTraits.AdminOnly);
        Add("replSetGetStatus", InformationCommands.ReplicaSetStatus, "initialSync", CommandTraits.AdminOnly);
        Add("endSessions killSessions refreshSessions", SessionCommands.EndSessions, "", anyone);
        Add("startSession", SessionCommands.StartSession, "", CommandTraits.None);
        Add("listDatabases", ListingCommands.ListDatabases, "filter nameOnly authorizedDatabases", read | CommandTraits.AdminOnly);
        Add("listCollections", ListingCommands.ListCollections, "filter nameOnly authorizedCollections cursor", read);
        Add("listIndexes", ListingCommands.ListIndexes, "cursor", read);
        Add("find", FindCommands.Find,
            "filter sort projection hint skip limit batchSize singleBatch min max returnKey showRecordId tailable awaitData oplogReplay noCursorTimeout "
            + "allowPartialResults collation allowDiskUse let", both);
        Add("getMore", FindCommands.GetMore, "collection batchSize", both);
        Add("killCursors", FindCommands.KillCursors, "cursors", CommandTraits.InTransaction);
        Add("aggregate", AggregateCommands.Aggregate, "pipeline cursor explain allowDiskUse bypassDocumentValidation hint let collation", both);
        Add("count", AggregateCommands.Count, "query limit skip hint fields collation", read);
        Add("distinct", AggregateCommands.Distinct, "key query hint collation", both);
        Add("collStats collstats", StatisticsCommands.CollectionStatistics, "scale", read);
        Add("dbStats dbstats", StatisticsCommands.DatabaseStatistics, "scale freeStorage", read);
        Add("splitVector", StatisticsCommands.SplitVector, "keyPattern min max maxChunkSize maxChunkSizeBytes maxSplitPoints maxChunkObjects force", read);
        Add("insert", WriteCommands.Insert, "documents ordered bypassDocumentValidation", document);
        Add("update", WriteCommands.Update, "updates ordered bypassDocumentValidation let", document);
        Add("delete", WriteCommands.Delete, "deletes ordered let", document);
        Add("findAndModify findandmodify", WriteCommands.FindAndModify,
            "query sort remove update new fields upsert bypassDocumentValidation collation arrayFilters hint let", document);
        Add("create", CollectionCommands.Create, CollectionCommands.CreateFields, write | CommandTraits.InTransaction);
        Add("drop", CollectionCommands.Drop, "", write);
        Add("dropDatabase", CollectionCommands.DropDatabase, "", write);
        Add("renameCollection", CollectionCommands.Rename, "to dropTarget stayTemp", write | CommandTraits.AdminOnly);
        Add("collMod", CollectionCommands.Modify, CollectionCommands.CreateFields, write);
        Add("createIndexes", CollectionCommands.CreateIndexes, "indexes commitQuorum", write | CommandTraits.InTransaction);
        Add("dropIndexes deleteIndexes", CollectionCommands.DropIndexes, "index", write);
        Add("commitTransaction", TransactionCommands.Commit, "recoveryToken", write | CommandTraits.InTransaction);
        Add("abortTransaction", TransactionCommands.Abort, "recoveryToken", write | CommandTraits.InTransaction);
        Add("saslStart", LoginCommands.SaslStart, "mechanism payload autoAuthorize options db", anyone);
        Add("saslContinue", LoginCommands.SaslContinue, "conversationId payload", anyone);
        Add("authenticate", LoginCommands.Authenticate, "mechanism user db", anyone);
        Add("logout", LoginCommands.LogOut, "", anyone);
        Add("configureFailPoint", FailPointCommand.Configure, "mode data", CommandTraits.AdminOnly);
        return table;
    }

    private static HashSet<string> Set(string names) => [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}
