using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Core.Contracts;

/// <summary>
/// Names the unit that commits atomically: 32 hex digits of the SHA-256 of task, generation, partitions and start positions. A retry from
/// the same checkpoints has the same id; a second full refresh, being another generation, has not.
/// </summary>
/// <param name="Text">32 lower-case hex digits.</param>
public readonly record struct LoadId(string Text)
{
    /// <summary>Makes the id of a load that starts at these positions.</summary>
    /// <param name="taskKey">The task's key.</param>
    /// <param name="generation">The task's generation.</param>
    /// <param name="starts">Partition and start position of each partition that the load may advance; order does not matter.</param>
    public static LoadId For(string taskKey, int generation, IEnumerable<(string Partition, string Start)> starts)
    {
        ArgumentNullException.ThrowIfNull(starts);
        var text = new StringBuilder(taskKey).Append('\n').Append(generation.ToString(CultureInfo.InvariantCulture));
        foreach ((string partition, string start) in starts.OrderBy(s => s.Partition, StringComparer.Ordinal))
        {
            text.Append('\n').Append(partition).Append('\t').Append(start);
        }

        return new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16)));
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
