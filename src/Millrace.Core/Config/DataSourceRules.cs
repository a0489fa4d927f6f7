using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Connections of one data source lead to one system: they are of one type.</summary>
internal static class DataSourceRules
{
    public static void Check(IEnumerable<ConnectionDefinition> connections, ProblemList problems)
    {
        foreach (IGrouping<string, ConnectionDefinition> source in connections.GroupBy(c => c.DataSource, StringComparer.Ordinal))
        {
            ConnectionDefinition first = source.First();
            foreach (ConnectionDefinition other in source.Where(c => c.Type != first.Type))
            {
                problems.Add(new(ErrorCodes.InvalidValue, false, other.Location.File, other.Location.Line, $"connections.{other.Name}.data_source",
                    $"The data source '{source.Key}' is of type {first.Type} by the connection '{first.Name}', and of type {other.Type} by this one.",
                    "Give one of them another data source."));
            }
        }
    }
}
