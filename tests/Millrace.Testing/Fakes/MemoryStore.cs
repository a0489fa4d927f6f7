using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Testing.Fakes;

/// <summary>What a <see cref="MemoryDestination"/> holds; outlives its instances as a database outlives its clients.</summary>
public sealed class MemoryStore
{
    /// <summary>Committed rows by table and key.</summary>
    public Dictionary<TableId, SortedDictionary<string, string>> Tables { get; private set; } = [];

    /// <summary>Committed checkpoints by task and partition.</summary>
    public Dictionary<(string Task, string Partition), Checkpoint> Checkpoints { get; private set; } = [];

    /// <summary>Rows in quarantine.</summary>
    public List<string> Quarantine { get; private set; } = [];

    /// <summary>True to play a store whose names ignore case.</summary>
    public bool IgnoresCase { get; init; }

    /// <summary>Commits so far.</summary>
    public int Commits { get; set; }

    /// <summary>Called at each step with its name; throws to play a crash.</summary>
    public Action<string> At { get; set; } = _ => { };

    /// <summary>A copy that a load works on.</summary>
    public MemoryStore Copy() => new()
    {
        IgnoresCase = IgnoresCase,
        Tables = Tables.ToDictionary(t => t.Key, t => new SortedDictionary<string, string>(t.Value, StringComparer.Ordinal)),
        Checkpoints = new(Checkpoints),
        Quarantine = [.. Quarantine],
    };

    /// <summary>Makes a load's copy the truth.</summary>
    public void Become(MemoryStore other)
    {
        Tables = other.Tables;
        Checkpoints = other.Checkpoints;
        Quarantine = other.Quarantine;
        Commits++;
    }
}
