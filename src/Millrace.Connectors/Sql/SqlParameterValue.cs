namespace Millrace.Connectors.Sql;

/// <summary>A value that is bound to a statement, as text; the statement casts it.</summary>
/// <param name="Name">The parameter's name, for engines that bind by name.</param>
/// <param name="Text">The value; null for NULL.</param>
internal readonly record struct SqlParameterValue(string Name, string? Text);
