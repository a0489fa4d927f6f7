namespace Millrace.Testing.MongoDb.Wire;

/// <summary>The operations of the wire protocol that are still spoken.</summary>
internal enum OpCode
{
    Reply = 1,
    Query = 2004,
    Compressed = 2012,
    Message = 2013,
}
