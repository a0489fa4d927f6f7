namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>A statement of a step that ended.</summary>
/// <param name="Number">Its place in the script, from 1.</param>
/// <param name="Of">Statements of the script.</param>
/// <param name="Line">The script's line on which it begins, from 1; 0 for a procedure.</param>
/// <param name="Rows">Rows that it changed; 0 where it changes none.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record SqlStepStatement(int Number, int Of, int Line, long Rows, TimeSpan Elapsed);
