using System.CommandLine;

namespace Millrace.Cli.CommandLine;

/// <summary>One verb of the command line, with the examples that its help shows.</summary>
internal sealed class Verb : Command
{
    /// <summary>Creates a verb.</summary>
    /// <param name="name">The word.</param>
    /// <param name="description">What it does, in one or two sentences.</param>
    public Verb(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>Command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Sets what the verb does; what it throws becomes a printed error and an exit code.</summary>
    /// <param name="action">Returns one of <see cref="ExitCodes"/>.</param>
    public void Does(Func<VerbContext, CancellationToken, Task<int>> action) =>
        SetAction((result, cancellationToken) => VerbRunner.RunAsync(new VerbContext(result), action, cancellationToken));

    /// <summary>Sets what a verb does that has nothing to wait for.</summary>
    public void Does(Func<VerbContext, int> action) => Does((context, _) => Task.FromResult(action(context)));
}
