using Millrace.Core.Contracts;

namespace Millrace.Testing.Fakes;

/// <summary>A connector around functions.</summary>
public sealed class FakeConnector : IConnector
{
    /// <summary>Makes the source.</summary>
    public Func<SourceSettings, ISource>? Source { get; init; }

    /// <summary>Makes the destination.</summary>
    public Func<DestinationSettings, IDestination>? Destination { get; init; }

    /// <inheritdoc/>
    public ConnectorInfo Info { get; init; } = new("fake", "Fake", "For tests.", typeof(object));

    /// <inheritdoc/>
    public ISource CreateSource(SourceSettings settings) => Source!(settings);

    /// <inheritdoc/>
    public IDestination CreateDestination(DestinationSettings settings) => Destination!(settings);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken) => new([]);
}
