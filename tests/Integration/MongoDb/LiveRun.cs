using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>What one run against a live server gave.</summary>
internal sealed class LiveRun(ReadPlan plan)
{
    public ReadPlan Plan { get; } = plan;

    public List<SeenRow> Rows { get; } = [];

    public List<RejectedRow> Rejected { get; } = [];

    /// <summary>What was noted while reading.</summary>
    public List<string> Notes { get; } = [];

    public long Bytes { get; set; }

    public int Batches { get; set; }

    /// <summary>Batches that moved a partition's position.</summary>
    public int Moves { get; set; }
}
