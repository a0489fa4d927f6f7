using System.Diagnostics;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Packaging;

/// <summary>Packs everything to a local folder, installs the tool from it, and builds and runs the README's programs against the libraries.</summary>
public sealed class PackagingTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly TemporaryFolder _folder = new();
    private readonly string _version = $"0.1.0-test.{Guid.NewGuid():N}";

    public void Dispose()
    {
        _folder.Dispose();
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string package in Directory.Exists(cache) ? Directory.EnumerateDirectories(cache, "millrace*") : [])
        {
            string ours = Path.Combine(package, _version);
            if (Directory.Exists(ours))
            {
                Directory.Delete(ours, recursive: true);
            }
        }
    }

    [Fact]
    public void Packages_install_and_the_readme_s_programs_run_against_them()
    {
        string packages = _folder["packages"];
        Execute(Repository.Root, Path.Combine(Repository.Root, "scripts", "pack.sh"), packages, $"-p:Version={_version}");

        string[] names = [.. Directory.EnumerateFiles(packages).Select(f => Path.GetFileName(f)!.Replace($".{_version}.nupkg", "")).Order(StringComparer.Ordinal)];
        names.ShouldBe(["Millrace", "Millrace.Catalog", "Millrace.Connectors", "Millrace.Core", "Millrace.Orchestration", "Millrace.PostgreSql", "Millrace.SqlServer", "Millrace.Sqlite"]);
        TheToolRuns(packages);
        for (int i = 0; i < MarkdownCode.Blocks("csharp").Count; i++)
        {
            TheProgramRuns(packages, $"program{i}", MarkdownCode.Blocks("csharp")[i]);
        }
    }

    [Fact]
    public void The_switch_for_the_open_registry_takes_sqlite_from_a_package()
    {
        string project = Path.Combine(Repository.Root, "src", "Millrace.Sqlite", "Millrace.Sqlite.csproj");
        string plain = Execute(_folder.Path, "dotnet", "msbuild", project, "-getItem:PackageReference");
        string open = Execute(_folder.Path, "dotnet", "msbuild", project, "-getItem:PackageReference", "-p:MillracePublicPackages=true");

        plain.ShouldNotContain("SQLitePCLRaw.lib.e_sqlite3");
        open.ShouldContain("SQLitePCLRaw.lib.e_sqlite3");
    }

    private void TheToolRuns(string packages)
    {
        string tools = _folder["tools"];
        Execute(_folder.Path, "dotnet", "tool", "install", "--tool-path", tools, "--add-source", packages, "Millrace", "--version", _version);
        string millrace = Path.Combine(tools, "millrace");

        Execute(_folder.Path, millrace, "--version").Trim().ShouldBe(_version);
        Execute(_folder.Path, millrace, "sample", "shop", "--out", "dump", "--orders", "500");
        Execute(_folder.Path, millrace, "init", "--dump", "dump", "--database", "shop");
        Execute(_folder.Path, millrace, "run", "load").ShouldContain("succeeded");
    }

    private void TheProgramRuns(string packages, string name, string code)
    {
        string folder = _folder[name];
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), code);
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <RestoreAdditionalProjectSources>{packages}</RestoreAdditionalProjectSources>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Millrace.Connectors" Version="{_version}" />
              </ItemGroup>
            </Project>
            """);
        Execute(folder, "dotnet", "build", "-v", "quiet", "--nologo", "-o", Path.Combine(folder, "out"));
        Execute(_folder.Path, "dotnet", Path.Combine(folder, "out", $"{name}.dll")).ShouldContain(" rows");
    }

    private static string Execute(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // A build server that outlives the test would hold its pipes open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(Limit).ShouldBeTrue($"{program} did not end");
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{output}\n{errors.Result}");
        return output;
    }
}
