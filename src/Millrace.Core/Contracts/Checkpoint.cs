namespace Millrace.Core.Contracts;

/// <summary>A position made durable together with the rows before it.</summary>
/// <param name="TaskKey">The task's stable key.</param>
/// <param name="Partition">The partition, such as <c>snapshot:shop.orders</c> or <c>log</c>.</param>
/// <param name="Generation">Counts full refreshes and resnapshots of the task, from 1.</param>
/// <param name="Load">The load that wrote it.</param>
/// <param name="Position">Reading goes on after this.</param>
/// <param name="Rows">Rows of this partition committed so far in this generation.</param>
public sealed record Checkpoint(string TaskKey, string Partition, int Generation, LoadId Load, Position Position, long Rows);
