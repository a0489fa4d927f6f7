using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>An aggregation expression: its value over a document, or null where the value is missing.</summary>
internal delegate Node? Expression(Doc root);
