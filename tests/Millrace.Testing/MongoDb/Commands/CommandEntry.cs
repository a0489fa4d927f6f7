namespace Millrace.Testing.MongoDb.Commands;

/// <summary>A command that is known.</summary>
/// <param name="Handler">Does it.</param>
/// <param name="Fields">The fields that it takes, beside those that all commands take.</param>
/// <param name="Traits">What it needs.</param>
internal sealed record CommandEntry(Func<CommandContext, ValueTask> Handler, IReadOnlySet<string> Fields, CommandTraits Traits);
