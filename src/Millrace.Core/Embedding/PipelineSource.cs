using Millrace.Core.Config;
using Millrace.Core.Contracts;

namespace Millrace.Core.Embedding;

/// <summary>The first half of a pipeline: what is read, and how.</summary>
public sealed class PipelineSource
{
    private readonly DatasetSelector _datasets;
    private readonly ReplicationMethod _method;
    private readonly string? _cursorField;

    internal PipelineSource(IConnector connector, object options, DatasetSelector datasets)
        : this(connector, options, datasets, connector.Info.Methods is [var first, ..] ? first : ReplicationMethod.FullRefresh, null)
    {
    }

    private PipelineSource(IConnector connector, object options, DatasetSelector datasets, ReplicationMethod method, string? cursorField)
    {
        Connector = connector;
        Options = options;
        _datasets = datasets;
        _method = method;
        _cursorField = cursorField;
    }

    internal IConnector Connector { get; }

    internal object Options { get; }

    /// <summary>Reads by this method; without it, by the connector's first.</summary>
    /// <param name="method">How to read.</param>
    /// <param name="cursorField">For <see cref="ReplicationMethod.Incremental"/>: the field that orders reads.</param>
    public PipelineSource By(ReplicationMethod method, string? cursorField = null) => new(Connector, Options, _datasets, method, cursorField);

    /// <summary>Ends the pipeline at a connector.</summary>
    /// <param name="connector">The destination, such as <c>new DuckDbConnector()</c>.</param>
    /// <param name="options">Its connection settings.</param>
    /// <param name="table">The target: <c>schema.table</c>, with <c>{dataset}</c> for the dataset's name.</param>
    /// <param name="disposition">How rows meet the table; left out: merge for change capture and for sources with a key, replace for full
    /// refresh, else append.</param>
    public MillracePipeline To(IConnector connector, object options, string table, WriteDisposition? disposition = null)
    {
        ArgumentNullException.ThrowIfNull(connector);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        var source = new TaskSource("source", _datasets, _method) { CursorField = _cursorField };
        var target = new TaskTarget("target", table, disposition ?? Natural());
        string name = string.Join(',', _datasets.Include);
        var task = new TaskDefinition($"embedded/{name}->{table}", "embedded", name, source, target);
        return new MillracePipeline(this, connector, new ConnectionSettings("target", options, Path.GetFullPath(".")), task);
    }

    private WriteDisposition Natural() => _method switch
    {
        ReplicationMethod.ChangeCapture => WriteDisposition.Merge,
        ReplicationMethod.FullRefresh => WriteDisposition.Replace,
        _ => Connector.Info is { DefaultKey.IsEmpty: true, HasDatasetKeys: false } ? WriteDisposition.Append : WriteDisposition.Merge,
    };
}
