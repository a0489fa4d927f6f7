namespace Millrace.Testing.MongoDb.Auth;

/// <summary>A user that may log in.</summary>
/// <param name="Name">The name; for X.509 the certificate's subject as RFC 2253 writes it.</param>
/// <param name="Password">The password; null for a user that logs in by certificate.</param>
/// <param name="Database">The database to authenticate against; <c>$external</c> for X.509.</param>
public sealed record MongoUser(string Name, string? Password, string Database = "admin")
{
    /// <summary>
    /// The namespaces that this user may read and write: <c>db.collection</c>, <c>db.*</c> or <c>*</c>; null for everything. What is not
    /// covered answers 13 Unauthorized.
    /// </summary>
    public IReadOnlyList<string>? Namespaces { get; init; }
}
