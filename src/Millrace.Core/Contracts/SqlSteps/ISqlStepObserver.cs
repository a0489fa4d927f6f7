namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>Told what a SQL step does. Messages may come from the driver's threads.</summary>
public interface ISqlStepObserver
{
    /// <summary>A statement ended.</summary>
    void StatementEnded(SqlStepStatement statement);

    /// <summary>The engine said something: RAISE NOTICE, PRINT.</summary>
    /// <param name="text">What it said.</param>
    /// <param name="isWarning">True where it calls it a warning.</param>
    void Message(string text, bool isWarning);
}
