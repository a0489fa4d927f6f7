namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>Runs SQL steps (T and L) on one connection. One caller at a time.</summary>
public interface ISqlStepRunner : IAsyncDisposable
{
    /// <summary>
    /// Runs a step once for a run. What it does, the row that says that it is done and its new watermark are one transaction, so that a kill leaves all of
    /// it or nothing, and a run that is taken up again does not run it twice. Outside a transaction (<see cref="SqlStepRequest.InTransaction"/>) the row
    /// comes after the statements, and a kill between them runs them again.
    /// </summary>
    /// <param name="request">What to run.</param>
    /// <param name="observer">Told of statements and of the engine's messages.</param>
    /// <param name="cancellationToken">Cancels: the transaction is rolled back.</param>
    /// <returns>What it did, or did before.</returns>
    /// <exception cref="Errors.MillraceException">The engine refused it; the message names the script's line. MR1231: it took too long. MR1233: it would end its own
    /// transaction. MR1314: its checkpoints are another project's.</exception>
    ValueTask<SqlStepOutcome> RunAsync(SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken);
}
