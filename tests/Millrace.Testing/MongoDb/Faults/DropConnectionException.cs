namespace Millrace.Testing.MongoDb.Faults;

/// <summary>A fault closes this connection.</summary>
internal sealed class DropConnectionException() : Exception("A fault closes the connection.");
