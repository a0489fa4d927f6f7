namespace Millrace.Core.Config;

/// <summary>One YAML file of a project, read by whoever loads the project.</summary>
/// <param name="Path">Path relative to the project's folder, with slashes: <c>millrace.yaml</c>, <c>jobs/shop.yaml</c>.</param>
/// <param name="Text">Its text.</param>
public sealed record ProjectFile(string Path, string Text);
