using System.Text;

namespace Millrace.Core.Config.Options;

/// <summary>How the members of enums are written in a project file: <c>ChangeCapture</c> as <c>change_capture</c>.</summary>
public static class SnakeCase
{
    /// <summary>The member's written form; <c>HmacSha256</c> becomes <c>hmac_sha256</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Of(value.ToString());

    /// <summary>The written form of a PascalCase name.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var text = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>The written forms of an enum's members, in their order.</summary>
    public static IReadOnlyList<string> MembersOf(Type enumType) => [.. Enum.GetNames(enumType).Select(Of)];
}
