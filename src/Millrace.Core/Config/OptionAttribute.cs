namespace Millrace.Core.Config;

/// <summary>
/// Declares a setting once. The binder, the validation, <c>millrace connectors</c>, the JSON schema for editors and the reference pages all come
/// from it. Property types: string, bool, int, long, double, <see cref="TimeSpan"/> (10m, 2h30m), enums (snake_case), string lists,
/// and <see cref="ByteSize"/> (50MB, 1GiB).
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute : Attribute
{
    /// <summary>Declares the setting.</summary>
    /// <param name="name">Its name in the project file, snake_case.</param>
    /// <param name="meaning">What it does, with the unit, in one or two sentences.</param>
    public OptionAttribute(string name, string meaning)
    {
        Name = name;
        Meaning = meaning;
    }

    /// <summary>Name in the project file.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public string Meaning { get; }

    /// <summary>The default as it would be written; null where there is none.</summary>
    public string? Default { get; init; }

    /// <summary>Smallest value as it would be written, or null.</summary>
    public string? Min { get; init; }

    /// <summary>Greatest value as it would be written, or null.</summary>
    public string? Max { get; init; }

    /// <summary>True where the setting must be there.</summary>
    public bool Required { get; init; }

    /// <summary>True where the value must never be shown; it should be a reference (<c>${NAME}</c> or <c>file:path</c>).</summary>
    public bool Secret { get; init; }

    /// <summary>An example value.</summary>
    public string? Example { get; init; }
}
