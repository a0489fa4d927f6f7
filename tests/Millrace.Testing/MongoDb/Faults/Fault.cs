namespace Millrace.Testing.MongoDb.Faults;

/// <summary>Something that goes wrong with certain messages.</summary>
/// <param name="Action">What.</param>
public sealed record Fault(FaultAction Action)
{
    /// <summary>The commands that it happens to; null for all but hello and isMaster.</summary>
    public IReadOnlyList<string>? Commands { get; init; }

    /// <summary>The namespace that it happens to, as <c>db.collection</c>; null for every one.</summary>
    public string? Namespace { get; init; }

    /// <summary>Matching messages that are let through first.</summary>
    public int Skip { get; init; }

    /// <summary>How often it happens; <see cref="int.MaxValue"/> for always.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The code of <see cref="FaultAction.Fail"/>.</summary>
    public int Code { get; init; }

    /// <summary>Its message.</summary>
    public string Message { get; init; } = "a fault that a test asked for";

    /// <summary>Its labels.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The time of <see cref="FaultAction.Delay"/>, or between the pieces of <see cref="FaultAction.SlowReply"/>.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Bytes that are sent of <see cref="FaultAction.PartialReply"/>, or that a piece has of <see cref="FaultAction.SlowReply"/>.</summary>
    public int Bytes { get; init; } = 1024;
}
