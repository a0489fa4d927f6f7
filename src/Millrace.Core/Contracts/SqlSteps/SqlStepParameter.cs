namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>A value that a step gets by name.</summary>
/// <param name="Name">Its name: letters, digits and underscores.</param>
/// <param name="Value">The value; see <see cref="SqlStepRequest.Parameters"/>.</param>
public sealed record SqlStepParameter(string Name, object? Value);
