namespace Millrace.Core.Config.Options;

/// <summary>A text that may also be written as a map or list, which then is its JSON (<c>filter: { qty: { $gt: 5 } }</c>).</summary>
/// <param name="Text">The text.</param>
public readonly record struct StructuredText(string Text);
