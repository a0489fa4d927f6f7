namespace Millrace.Testing.MongoDb.Streams;

/// <summary>An event that is ready to be served.</summary>
/// <param name="Token">Its token.</param>
/// <param name="Bytes">The document.</param>
/// <param name="EndsStream">Whether nothing can follow: an invalidate.</param>
internal readonly record struct StreamEvent(ResumeToken Token, byte[] Bytes, bool EndsStream);
