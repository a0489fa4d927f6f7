using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Millrace.Core.Schemas;

namespace Millrace.Core.Config.Options;

/// <summary>
/// One setting as it is declared: the one source of the binder, of validation, of <c>millrace connectors</c>, of the JSON schema and of the
/// reference pages.
/// </summary>
public sealed class OptionDescription
{
    private static readonly ConcurrentDictionary<Type, ImmutableArray<OptionDescription>> Known = new();

    private OptionDescription(PropertyInfo property, OptionAttribute attribute)
    {
        Property = property;
        Attribute = attribute;
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        ElementType = ElementOf(type);
        ValueType = ElementType ?? type;
        Children = IsGroup(ValueType) ? Of(ValueType) : [];
    }

    /// <summary>Name in the project file.</summary>
    public string Name => Attribute.Name;

    /// <summary>What it does.</summary>
    public string Meaning => Attribute.Meaning;

    /// <summary>The kind of value for people: <c>text</c>, <c>whole number</c>, <c>size</c>, <c>list of text</c>, …</summary>
    public string TypeName => IsList ? $"list of {NameOf(ValueType)}" : NameOf(ValueType);

    /// <summary>The default as it would be written, or null.</summary>
    public string? Default => Attribute.Default;

    /// <summary>The smallest value as it would be written, or null.</summary>
    public string? Min => Attribute.Min;

    /// <summary>The greatest value as it would be written, or null.</summary>
    public string? Max => Attribute.Max;

    /// <summary>An example value, or null.</summary>
    public string? Example => Attribute.Example;

    /// <summary>True where it must be there.</summary>
    public bool Required => Attribute.Required;

    /// <summary>True where the value is never shown.</summary>
    public bool Secret => Attribute.Secret;

    /// <summary>True where it takes several values; one value alone is a list of one.</summary>
    public bool IsList => ElementType is not null;

    /// <summary>The values that it may have; empty where they are not a closed set.</summary>
    public IReadOnlyList<string> Values => ValueType.IsEnum ? SnakeCase.MembersOf(ValueType) : [];

    /// <summary>The settings inside, where it is a map.</summary>
    public ImmutableArray<OptionDescription> Children { get; }

    internal PropertyInfo Property { get; }

    internal OptionAttribute Attribute { get; }

    /// <summary>The type of one value.</summary>
    internal Type ValueType { get; }

    /// <summary>The type of an element where it is a list, else null.</summary>
    internal Type? ElementType { get; }

    /// <summary>The settings that a class declares with <see cref="OptionAttribute"/>, in the order of declaration, inherited ones first.</summary>
    public static ImmutableArray<OptionDescription> Of(Type? type) =>
        type is null ? [] : Known.GetOrAdd(type, static t => Declared(t));

    /// <summary>True for a class whose properties are settings.</summary>
    internal static bool IsGroup(Type type) => type.IsClass && type != typeof(string) && !Of(type).IsEmpty;

    private static ImmutableArray<OptionDescription> Declared(Type type)
    {
        var chain = new Stack<Type>();
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            chain.Push(level);
        }

        return
        [
            .. chain.SelectMany(level => level.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    .OrderBy(p => p.MetadataToken))
                .Select(p => (Property: p, Attribute: p.GetCustomAttribute<OptionAttribute>()))
                .Where(p => p.Attribute is not null)
                .Select(p => new OptionDescription(p.Property, p.Attribute!)),
        ];
    }

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray)
        {
            return type.GetElementType();
        }

        Type? definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return definition == typeof(ImmutableArray<>) || definition == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
    }

    private static string NameOf(Type type) =>
        type == typeof(string) ? "text"
        : type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : type == typeof(double) || type == typeof(decimal) ? "number"
        : type == typeof(TimeSpan) ? "duration"
        : type == typeof(ByteSize) ? "size"
        : type == typeof(LogicalType) ? "column type"
        : type == typeof(StructuredText) ? "text or map"
        : type.IsEnum ? "one of " + string.Join(", ", SnakeCase.MembersOf(type))
        : "map";
}
