using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config.Secrets;

/// <summary>What is said of a variable that is set in none of the places.</summary>
internal static class MissingVariable
{
    /// <summary>The value of a variable, from the first place that has one; null where none has.</summary>
    public static string? Find(IEnumerable<SecretPlace> places, string name) => places.Select(p => p.Find(name)).FirstOrDefault(v => v is not null);

    /// <summary>The message.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="path">The setting that refers to it.</param>
    /// <param name="places">Where it was looked up.</param>
    public static string Message(string name, string path, IEnumerable<SecretPlace> places) =>
        $"{path} refers to ${{{name}}}, which is not set. Looked in {string.Join("; ", places.Select(p => $"{p.Name}: no {name}"))}.";

    /// <summary>What to do about it.</summary>
    public static string Fix(string name, IEnumerable<SecretPlace> places)
    {
        string inFile = places.FirstOrDefault(p => p.IsFile) is { } file ? $", or write {name}=… as a line of {file.Name}" : "";
        return $"Set {name} in the environment, for example: export {name}=…{inFile}.";
    }

    /// <summary>Tells of every variable in some settings that is not set.</summary>
    /// <param name="node">The settings.</param>
    /// <param name="path">Their path.</param>
    /// <param name="places">Where variables are looked up.</param>
    /// <param name="problems">Told of each.</param>
    public static void Report(ConfigNode node, string path, IReadOnlyList<SecretPlace> places, ProblemList problems)
    {
        switch (node)
        {
            case MapNode map:
                map.Entries.ToList().ForEach(e => Report(e.Value, Options.OptionBinder.Join(path, e.Key.Text), places, problems));
                break;
            case ListNode list:
                list.Items.Select((item, i) => (Item: item, Path: $"{path}[{i}]")).ToList().ForEach(i => Report(i.Item, i.Path, places, problems));
                break;
            case ScalarNode { IsNull: false } scalar:
                var names = SecretReference.VariablePattern().Matches(scalar.Text).Select(m => m.Groups["name"]).Where(n => n.Success).Select(n => n.Value);
                foreach (string name in names.Where(n => Find(places, n) is null))
                {
                    problems.Error(ErrorCodes.SecretMissing, scalar, path, Message(name, path, places), Fix(name, places));
                }

                break;
        }
    }
}
