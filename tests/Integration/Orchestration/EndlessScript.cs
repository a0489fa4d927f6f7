using System.Collections;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.Orchestration;

/// <summary>A log that goes on and on over a few keys: whoever reads it ends only by being stopped.</summary>
internal sealed class EndlessScript(string dataset) : IReadOnlyList<ScriptedChange>
{
    public int Count => int.MaxValue;

    public ScriptedChange this[int index] => new(dataset, $"k{index % 50}", "v");

    public IEnumerator<ScriptedChange> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
