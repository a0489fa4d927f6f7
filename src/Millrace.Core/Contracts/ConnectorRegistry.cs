using System.Collections.Immutable;

namespace Millrace.Core.Contracts;

/// <summary>The connectors that a program is composed of. The composition root registers each by one line.</summary>
public sealed class ConnectorRegistry
{
    private readonly ImmutableSortedDictionary<string, IConnector> _connectors;

    /// <summary>Registers connectors.</summary>
    /// <exception cref="ArgumentException">Two have one type name.</exception>
    public ConnectorRegistry(params IEnumerable<IConnector> connectors)
    {
        _connectors = connectors.ToImmutableSortedDictionary(c => c.Info.Type, c => c, StringComparer.Ordinal);
    }

    /// <summary>All of them, by type name.</summary>
    public IEnumerable<IConnector> All => _connectors.Values;

    /// <summary>The connector of a type, or null.</summary>
    public IConnector? Find(string type) => _connectors.GetValueOrDefault(type);
}
