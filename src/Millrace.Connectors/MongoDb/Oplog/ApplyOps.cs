using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>The operations of an <c>applyOps</c> command, one after the other; none where the bytes are no such command.</summary>
internal ref struct ApplyOps
{
    private BsonReader _operations;

    public ApplyOps(ReadOnlySpan<byte> command)
    {
        var reader = new BsonReader(command);
        IsThere = reader.Find("applyOps"u8) && reader.Type == BsonType.Array;
        _operations = IsThere ? new(reader.Value) : default;
    }

    private bool IsThere { get; }

    /// <summary>Goes to the next operation.</summary>
    /// <param name="operation">Its bytes, an entry without a timestamp of its own.</param>
    /// <returns>False after the last.</returns>
    public bool Next(out ReadOnlySpan<byte> operation)
    {
        while (IsThere && _operations.Next())
        {
            if (_operations.Type == BsonType.Document)
            {
                operation = _operations.Value;
                return true;
            }
        }

        operation = default;
        return false;
    }
}
