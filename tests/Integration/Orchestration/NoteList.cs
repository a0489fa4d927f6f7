using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.IntegrationTests.Orchestration;

/// <summary>Keeps the notes of a task run.</summary>
internal sealed class NoteList : IRunObserver
{
    /// <summary>The notes, in order.</summary>
    public List<string> Texts { get; } = [];

    public void Planned(ReadPlan plan, int generation)
    {
    }

    public void Progress(RunProgress progress)
    {
    }

    public void Note(NoteLevel level, string text) => Texts.Add(text);

    public ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;
}
