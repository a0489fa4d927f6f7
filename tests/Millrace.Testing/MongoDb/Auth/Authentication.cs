using Millrace.Testing.MongoDb.Server;

namespace Millrace.Testing.MongoDb.Auth;

/// <summary>Users of the server.</summary>
internal static class Authentication
{
    public static MongoUser? Find(ServerState server, string database, string name) =>
        server.Options.Users.FirstOrDefault(u => u.Name == name && u.Database == database);

    /// <summary>The mechanisms that a user, named <c>db.name</c>, can log in with.</summary>
    public static string[] MechanismsOf(ServerState server, string databaseAndName)
    {
        int dot = databaseAndName.IndexOf('.', StringComparison.Ordinal);
        MongoUser? user = dot < 0 ? null : Find(server, databaseAndName[..dot], databaseAndName[(dot + 1)..]);
        return user?.Password is null ? [] : ["SCRAM-SHA-1", "SCRAM-SHA-256"];
    }
}
