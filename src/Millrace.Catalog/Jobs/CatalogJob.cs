namespace Millrace.Catalog.Jobs;

/// <summary>A job as the catalog keeps it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Enabled">False where it is switched off.</param>
/// <param name="Definition">Its settings as JSON.</param>
public sealed record CatalogJob(string Name, bool Enabled, string Definition);

/// <summary>A task as the catalog keeps it.</summary>
/// <param name="Key">Its stable id.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Name">Its name.</param>
/// <param name="Step">E, T or L.</param>
/// <param name="Position">Its place in the job, from 0.</param>
/// <param name="Enabled">False where it is switched off.</param>
/// <param name="Definition">Its settings as JSON.</param>
public sealed record CatalogTask(string Key, string Job, string Name, string Step, int Position, bool Enabled, string Definition)
{
    /// <summary>Settings that have a column of their own and that somebody wrote into <c>settings</c>, where nothing reads them; null for none.</summary>
    public string? Misplaced { get; init; }
}
