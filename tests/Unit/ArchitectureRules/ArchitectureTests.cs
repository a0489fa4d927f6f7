using System.Reflection;

namespace Millrace.UnitTests.ArchitectureRules;

/// <summary>Who may know whom: Connectors → Core ← Catalog; Orchestration → Core, Catalog; Cli → all; no connector knows another.</summary>
public sealed class ArchitectureTests
{
    // What two connectors share is a room of its own with a name.
    private static readonly string[] SharedRooms = ["Folders", "Hashing", "Sql"];

    private static readonly string[] CoreMayReference = ["YamlDotNet"];

    // Core does no I/O but what is passed in; finding native libraries is the one exception.
    private static readonly HashSet<string> InputAndOutput =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.IO.FileInfo", "System.IO.DirectoryInfo",
        "System.Net.Sockets.Socket", "System.Net.Http.HttpClient", "System.Diagnostics.Process", "System.Environment",
    ];

    private static readonly HashSet<string> ClocksAndSleeps =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Threading.Thread.Sleep",
    ];

    public static TheoryData<string, string[]> Dependencies => new()
    {
        { "Millrace.Core", [] },
        { "Millrace.Sqlite", ["Millrace.Core"] },
        { "Millrace.PostgreSql", ["Millrace.Core"] },
        { "Millrace.SqlServer", ["Millrace.Core"] },
        { "Millrace.Connectors", ["Millrace.Core", "Millrace.Sqlite", "Millrace.PostgreSql", "Millrace.SqlServer"] },
        { "Millrace.Catalog", ["Millrace.Core", "Millrace.Sqlite", "Millrace.PostgreSql", "Millrace.SqlServer"] },
        { "Millrace.Orchestration", ["Millrace.Core", "Millrace.Catalog"] },
    };

    public static TheoryData<string> Products =>
        ["Millrace.Core", "Millrace.Sqlite", "Millrace.PostgreSql", "Millrace.SqlServer", "Millrace.Connectors", "Millrace.Catalog", "Millrace.Orchestration", "millrace"];

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void An_assembly_knows_only_those_below_it(string assembly, string[] allowed) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!)
            .Where(name => name.StartsWith("Millrace", StringComparison.OrdinalIgnoreCase))
            .Except(allowed).ShouldBeEmpty();

    [Fact]
    public void Core_references_no_driver_and_no_container() =>
        Assembly.Load("Millrace.Core").GetReferencedAssemblies().Select(a => a.Name!)
            .Where(name => !name.StartsWith("System", StringComparison.Ordinal)).Except(CoreMayReference).ShouldBeEmpty();

    [Fact]
    public void Core_does_no_input_or_output_of_its_own() =>
        MemberUses.Of(Assembly.Load("Millrace.Core"))
            .Where(use => use.From.Namespace is { } room && !room.EndsWith(".Native", StringComparison.Ordinal))
            .Where(use => MemberUses.TypesOf(use.To).Any(t => InputAndOutput.Contains(t.FullName ?? "") && !IsHarmless(use.To)))
            .Select(use => $"{use.From.FullName} uses {use.To.DeclaringType?.Name}.{use.To.Name}").Distinct().ShouldBeEmpty();

    [Fact]
    public void No_connector_uses_another() =>
        MemberUses.Of(Assembly.Load("Millrace.Connectors"))
            .SelectMany(use => MemberUses.TypesOf(use.To), (use, to) => (From: Room(use.From), To: Room(to), use))
            .Where(use => use.From is not null && use.To is not null && use.From != use.To && !SharedRooms.Contains(use.To))
            .Select(use => $"{use.use.From.FullName} uses {use.To}: {use.use.To.Name}").Distinct().ShouldBeEmpty();

    [Fact]
    public void The_scan_sees_what_code_uses() =>
        MemberUses.Of(typeof(ArchitectureTests).Assembly)
            .ShouldContain(use => use.From == typeof(ArchitectureTests) && use.To.Name == nameof(SeenByTheScan));

    [Theory]
    [MemberData(nameof(Products))]
    public void Time_comes_from_a_time_provider(string assembly) =>
        MemberUses.Of(Assembly.Load(assembly))
            .Where(use => ClocksAndSleeps.Contains($"{use.To.DeclaringType?.FullName}.{use.To.Name}"))
            .Select(use => $"{use.From.FullName} uses {use.To.DeclaringType!.Name}.{use.To.Name}").Distinct().ShouldBeEmpty();

    private static string? Room(Type type) =>
        type.Namespace?.Split('.') is ["Millrace", "Connectors", { } room, ..] ? room : null;

    // Line ends and processor counts are no I/O.
    private static bool IsHarmless(MemberInfo member) =>
        member.DeclaringType == typeof(Environment) && member.Name is "get_NewLine" or "get_ProcessorCount" or "get_CurrentManagedThreadId";

    private static void SeenByTheScan()
    {
    }

    internal static void Uses() => SeenByTheScan();
}
