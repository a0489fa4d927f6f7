using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>In which order one partition is read, and what its positions say.</summary>
internal abstract class ReadOrder
{
    /// <summary>False where a read cannot go on in its middle: then it is one indivisible unit, and only its end has a position.</summary>
    public virtual bool CanGoOn => true;

    /// <summary>True while the next row may be one that was read before: <see cref="IsNew"/> is then asked of each.</summary>
    public virtual bool HasTies => false;

    /// <summary>Conditions on what is left to read.</summary>
    public abstract IEnumerable<string> Conditions();

    /// <summary>Columns that order the rows.</summary>
    public abstract IEnumerable<string> Columns { get; }

    /// <summary>True where the row was not read before.</summary>
    /// <param name="batch">The batch, to which the row was appended.</param>
    /// <param name="row">The row.</param>
    public virtual bool IsNew(BatchColumns batch, int row) => true;

    /// <summary>The position after the batch's rows; null where there is none.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="isAtEnd">True where nothing follows.</param>
    public abstract Position? At(BatchColumns batch, bool isAtEnd);
}
