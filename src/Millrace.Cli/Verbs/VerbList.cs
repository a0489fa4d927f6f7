using Millrace.Cli.CommandLine;

namespace Millrace.Cli.Verbs;

/// <summary>Every verb, in the order in which a project meets them.</summary>
internal static class VerbList
{
    /// <summary>Creates them.</summary>
    public static IReadOnlyList<Verb> All() =>
    [
        InitVerb.Create(),
        ConnectorsVerb.Create(),
        CheckVerb.Create(),
        DiscoverVerb.Create(),
        PlanVerb.Create(),
        DiffVerb.Create(),
        ApplyVerb.Create(),
        ExportVerb.Create(),
        CatalogVerb.Create(),
        RunVerb.Create(),
        PreviewVerb.Create(),
        StatusVerb.Create(),
        RunsVerb.Create(),
        LogsVerb.Create(),
        TablesVerb.Create(),
        LineageVerb.Create(),
        TraceVerb.Create(),
        CheckpointsVerb.Create(),
        QuarantineVerb.Create(),
        SampleVerb.Create(),
        SchemaVerb.Create(),
        CompletionVerb.Create(),
        DocsVerb.Create(),
    ];
}
