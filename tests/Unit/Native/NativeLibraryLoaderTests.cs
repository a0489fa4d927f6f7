using System.Runtime.InteropServices;
using Millrace.Core.Errors;
using Millrace.Core.Native;

namespace Millrace.UnitTests.Native;

public sealed class NativeLibraryLoaderTests : IDisposable
{
    private static readonly NativeLibraryDescription Mongo = new(
        "libmongoc",
        [new NativeLibraryLine("mongoc-1.0", "0"), new NativeLibraryLine("mongoc2", "2")],
        "apt-get install -y libmongoc-1.0-0");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-native-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(NativePlatform.Linux, "libmongoc-1.0.so.0", "libmongoc-1.0.so", "libmongoc2.so.2", "libmongoc2.so")]
    [InlineData(NativePlatform.MacOS, "libmongoc-1.0.0.dylib", "libmongoc-1.0.dylib", "libmongoc2.2.dylib", "libmongoc2.dylib")]
    [InlineData(
        NativePlatform.Windows,
        "mongoc-1.0-0.dll", "mongoc-1.0.dll", "libmongoc-1.0.dll", "mongoc2-2.dll", "mongoc2.dll", "libmongoc2.dll")]
    public void Names_follow_the_platform_and_the_release_line(NativePlatform platform, params string[] expected) =>
        Mongo.FileNames(platform).ShouldBe(expected);

    [Fact]
    public void Threads_that_bind_one_assembly_first_together_do_not_collide()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the C library has this name on Linux");
        var library = new NativeLibraryDescription("libc", [new NativeLibraryLine("c", "6")], "none");
        byte[] assembly = File.ReadAllBytes(typeof(Shouldly.Should).Assembly.Location);
        for (int round = 0; round < 30; round++)
        {
            var copy = System.Reflection.Assembly.Load(assembly); // one that has no resolver yet
            using var start = new Barrier(4);
            Parallel.Invoke(new ParallelOptions { MaxDegreeOfParallelism = 4 }, [.. Enumerable.Range(0, 4).Select(_ => (Action)(() =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(5));
                NativeLibraryLoader.Bind(copy, "c", library);
            }))]);
        }
    }

    [Fact]
    public void Folders_come_in_the_documented_order()
    {
        string root = Path.Combine(_folder.FullName, "artifacts");
        string bin = Path.Combine(root, "bin", "millrace");
        string overridePath = "first" + Path.PathSeparator + "second";

        NativeSearchPath path = NativeSearchPath.Create(NativePlatform.MacOS, Architecture.Arm64, bin, overridePath);

        path.Folders.ShouldBe(
        [
            "first",
            "second",
            bin,
            Path.Combine(bin, "runtimes", "osx-arm64", "native"),
            Path.Combine(root, "native", "osx-arm64"),
        ]);
    }

    [Fact]
    public void An_installed_program_does_not_look_outside_its_folder() =>
        NativeSearchPath.Create(NativePlatform.Linux, Architecture.X64, _folder.FullName, null)
            .Folders.ShouldAllBe(folder => folder.StartsWith(_folder.FullName, StringComparison.Ordinal));

    [Fact]
    public void A_missing_library_is_a_coded_error_that_names_every_place_and_the_install_command()
    {
        NativeLibraryDescription missing = new("Nothing", [new NativeLibraryLine("millrace-nothing", "7")], "apt-get install -y nothing");
        NativeSearchPath path = NativeSearchPath.Current() with { Folders = [_folder.FullName, "/nowhere"] };

        MillraceException error = Should.Throw<MillraceException>(() => NativeLibraryLoader.Load(missing, path));

        error.Code.ShouldBe(ErrorCodes.NativeLibraryMissing);
        error.Message.ShouldContain("Nothing");
        error.Message.ShouldContain(_folder.FullName);
        error.Message.ShouldContain("/nowhere");
        error.Message.ShouldContain(missing.FileNames(path.Platform).First());
        error.Fix.ShouldNotBeNull().ShouldContain("apt-get install -y nothing");
    }

    [Fact]
    public void A_file_that_is_no_library_is_reported_as_such_and_the_search_goes_on()
    {
        NativeSearchPath path = NativeSearchPath.Current() with { Folders = [_folder.FullName] };
        NativeLibraryDescription broken = new("Broken", [new NativeLibraryLine("millrace-broken")], "none");
        File.WriteAllText(Path.Combine(_folder.FullName, broken.FileNames(path.Platform).First()), "not a library");

        Should.Throw<MillraceException>(() => NativeLibraryLoader.Load(broken, path)).Message.ShouldContain("does not load");
    }
}
