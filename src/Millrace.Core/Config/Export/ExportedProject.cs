using System.Collections.Immutable;

namespace Millrace.Core.Config.Export;

/// <summary>A catalog's definitions as the files of a project.</summary>
/// <param name="Yaml">The text of millrace.yaml, lines ended by line feeds.</param>
/// <param name="Json">The same as one JSON object, with the scripts under <c>scripts</c>.</param>
/// <param name="Scripts">The texts of the scripts, by their paths in the project.</param>
public sealed record ExportedProject(string Yaml, string Json, ImmutableSortedDictionary<string, string> Scripts);
