using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>One command: what was asked, on which connection, and where the answer goes.</summary>
internal sealed class CommandContext
{
    public required ServerState Server { get; init; }

    public required ClientConnection Client { get; init; }

    public required WireRequest Request { get; init; }

    public required string Name { get; init; }

    public required string Database { get; init; }

    /// <summary>Writes the answer; its document is open.</summary>
    public required BsonWriter Reply { get; init; }

    public required CancellationToken Cancellation { get; init; }

    public ServerSession? Session { get; set; }

    /// <summary>The transaction that the command runs in.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>The session and number that writes are logged with: those of a retryable write.</summary>
    public OplogSession? LogSession { get; set; }

    public Doc Command => Request.Command;

    public Node? this[string field] => Command[field];

    public string Namespace(string field) => $"{Database}.{CollectionName(field)}";

    public string CollectionName(string field) => this[field].AsString() is { Length: > 0 } name
        ? name
        : throw new CommandException(ErrorCode.InvalidNamespace, $"Invalid namespace specified '{Database}.'");

    public Doc? Document(string field) => this[field] switch
    {
        null => null,
        Doc doc => doc,
        { Type: BsonType.Null } => null,
        var other => throw new CommandException(ErrorCode.TypeMismatch, $"BSON field '{Name}.{field}' is the wrong type '{other.Type}', expected type 'object'"),
    };

    public long? Number(string field) => this[field] switch
    {
        null => null,
        var node => node.AsLong() ?? throw new CommandException(ErrorCode.TypeMismatch, $"BSON field '{Name}.{field}' is the wrong type '{node.Type}', expected a number"),
    };

    public bool Flag(string field) => this[field].IsTrue();

    /// <summary>The documents of a field, whether they came in the command or beside it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Documents(string field)
    {
        if (Request.Sequences.TryGetValue(field, out List<ReadOnlyMemory<byte>>? sequence))
        {
            return sequence;
        }

        return this[field] is Arr array
            ? [.. array.Select(d => d is Doc doc ? doc.ToBytes() : throw new CommandException(ErrorCode.TypeMismatch, $"BSON field '{Name}.{field}' has an item that is no object"))]
            : throw new CommandException(ErrorCode.MissingField, $"BSON field '{Name}.{field}' is missing but a required field");
    }

    /// <summary>A collection that must be there.</summary>
    public Collection Existing(string ns) =>
        Server.Catalog[ns] ?? throw new CommandException(ErrorCode.NamespaceNotFound, $"ns does not exist: {ns}");

    /// <summary>The namespace that the command is about: of a collection where it names one, else of its database.</summary>
    public string TargetNamespace => this[Name == "getMore" ? "collection" : Name].AsString() is { Length: > 0 } name
        ? Name == "renameCollection" ? name : $"{Database}.{name}"
        : Database;

    public void RequireDatabase(string database)
    {
        if (Database != database)
        {
            throw new CommandException(ErrorCode.Unauthorized, $"{Name} may only be run against the {database} database.");
        }
    }
}
