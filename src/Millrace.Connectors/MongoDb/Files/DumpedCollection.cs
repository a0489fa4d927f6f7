namespace Millrace.Connectors.MongoDb.Files;

/// <summary>One collection as a dump holds it.</summary>
/// <param name="Name">The collection.</param>
/// <param name="Documents">Where its documents are, or null where the dump has only its description.</param>
/// <param name="Metadata">What the dump says of it.</param>
internal sealed record DumpedCollection(MongoNamespace Name, IDocumentFile? Documents, CollectionMetadata Metadata);
