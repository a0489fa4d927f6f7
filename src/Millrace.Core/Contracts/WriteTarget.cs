namespace Millrace.Core.Contracts;

/// <summary>What a task writes to, as far as the project says it.</summary>
/// <param name="Table">The table; its schema empty for the connection's default, its name empty where only reading tells it.</param>
/// <param name="Disposition">How it is written.</param>
public readonly record struct WriteTarget(Schemas.TableId Table, WriteDisposition Disposition);
