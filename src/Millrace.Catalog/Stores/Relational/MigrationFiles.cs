using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using Millrace.Catalog.Stores.Relational.Definitions;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>The migrations that this version ships: <c>Stores/{engine}/Migrations/NNNN_name.sql</c>.</summary>
internal static class MigrationFiles
{
    private const int DefinitionsInColumns = 3;

    /// <summary>The migrations of an engine's folder, in order.</summary>
    public static ImmutableArray<Migration> Load(string engine)
    {
        string folder = $".Stores.{engine}.Migrations.";
        Assembly assembly = typeof(MigrationFiles).Assembly;
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(folder, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[(name.IndexOf(folder, StringComparison.Ordinal) + folder.Length)..^".sql".Length]))
            .OrderBy(m => m.Version)
            .ToImmutableArray();
        return migrations.Select((m, i) => m.Version == i + 1).All(inOrder => inOrder)
            ? migrations
            : throw new InvalidOperationException("Migrations must be numbered from 0001 without gaps.");
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        int version = int.Parse(file[..4], CultureInfo.InvariantCulture);
        return new(version, file[5..], reader.ReadToEnd()) { Carry = version == DefinitionsInColumns ? FormerDefinitions.ReadAsync : null };
    }
}
