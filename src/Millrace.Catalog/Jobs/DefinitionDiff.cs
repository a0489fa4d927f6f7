using System.Collections.Immutable;
using Millrace.Core.Config;

namespace Millrace.Catalog.Jobs;

/// <summary>Kinds of change between two versions of the definitions.</summary>
public enum ChangeType
{
    /// <summary>It was not there.</summary>
    Added,

    /// <summary>Some of its fields differ.</summary>
    Changed,

    /// <summary>It is there no more.</summary>
    Removed,
}

/// <summary>One connection, job or task that differs.</summary>
/// <param name="Type">How.</param>
/// <param name="Subject"><c>connection</c>, <c>job</c> or <c>task</c>.</param>
/// <param name="Name">Its name; a task's stable id.</param>
/// <param name="Fields">The fields that differ.</param>
public sealed record DefinitionChange(ChangeType Type, string Subject, string Name, ImmutableArray<FieldChange> Fields);

/// <summary>One field that differs.</summary>
/// <param name="Field">Its path: <c>target.delete_mode</c>.</param>
/// <param name="Before">The value before, or null.</param>
/// <param name="After">The value after, or null.</param>
public sealed record FieldChange(string Field, string? Before, string? After);

/// <summary>Compares definitions field by field.</summary>
public static class DefinitionDiff
{
    /// <summary>What must change to get from one to the other: connections first, then jobs, then tasks, each by name.</summary>
    public static ImmutableArray<DefinitionChange> Between(Definitions before, Definitions after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return
        [
            .. Compare("connection", before.Connections.Select(c => (c.Name, c.Definition)), after.Connections.Select(c => (c.Name, c.Definition))),
            .. Compare("job", before.Jobs.Select(j => (j.Name, j.Definition)), after.Jobs.Select(j => (j.Name, j.Definition))),
            .. Compare("task", before.Tasks.Select(t => (t.Key, t.Definition)), after.Tasks.Select(t => (t.Key, t.Definition))),
        ];
    }

    private static IEnumerable<DefinitionChange> Compare(
        string subject, IEnumerable<(string Name, string Definition)> before, IEnumerable<(string Name, string Definition)> after)
    {
        Dictionary<string, string> old = before.ToDictionary(b => b.Name, b => b.Definition, StringComparer.Ordinal);
        Dictionary<string, string> fresh = after.ToDictionary(a => a.Name, a => a.Definition, StringComparer.Ordinal);
        foreach (string name in old.Keys.Union(fresh.Keys).Order(StringComparer.Ordinal))
        {
            string? was = old.GetValueOrDefault(name);
            string? becomes = fresh.GetValueOrDefault(name);
            ImmutableArray<FieldChange> fields = Fields(was, becomes);
            ChangeType type = was is null ? ChangeType.Added : becomes is null ? ChangeType.Removed : ChangeType.Changed;
            if (type != ChangeType.Changed || !fields.IsEmpty)
            {
                yield return new(type, subject, name, fields);
            }
        }
    }

    private static ImmutableArray<FieldChange> Fields(string? before, string? after)
    {
        IReadOnlyList<KeyValuePair<string, string>> old = before is null ? [] : DefinitionJson.Flatten(before);
        IReadOnlyList<KeyValuePair<string, string>> fresh = after is null ? [] : DefinitionJson.Flatten(after);
        var values = fresh.ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);
        var known = old.ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);
        return
        [
            .. old.Where(f => values.GetValueOrDefault(f.Key) != f.Value).Select(f => new FieldChange(f.Key, f.Value, values.GetValueOrDefault(f.Key))),
            .. fresh.Where(f => !known.ContainsKey(f.Key)).Select(f => new FieldChange(f.Key, null, f.Value)),
        ];
    }
}
