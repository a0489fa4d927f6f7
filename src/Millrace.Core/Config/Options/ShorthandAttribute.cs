namespace Millrace.Core.Config.Options;

/// <summary>On a class of options: a single value in place of the map sets these options (<c>nested: flatten</c>).</summary>
/// <param name="options">The options that it sets.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShorthandAttribute(params string[] options) : Attribute
{
    public IReadOnlyList<string> Options { get; } = options;
}
