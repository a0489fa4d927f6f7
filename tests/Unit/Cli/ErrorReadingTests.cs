using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Cli;

/// <summary>What has no code gets the nearest one; want of memory and of file descriptors looks like much else.</summary>
public sealed class ErrorReadingTests
{
    public static TheoryData<Exception, string, string> Starving => new()
    {
        { new TypeInitializationException("X", new InsufficientMemoryException()), "MR1007", "memory" },
        { new DllNotFoundException("Unable to load shared library: /x/libduckdb.so: failed to map segment from shared object"), "MR1007", "memory" },
        { new DllNotFoundException("Unable to load shared library: libx.so: cannot open shared object file: Too many open files"), "MR1007", "file descriptors" },
        { new IOException("Too many open files : '/x/a.bson'", 24), "MR1007", "file descriptors" },
        { new TypeInitializationException("X", new FileNotFoundException("Could not load file or assembly", Own)), "MR1007", "file descriptors" },
        { new MillraceException(ErrorCodes.FileUnavailable, "Cannot read /x.", inner: new IOException("Too many open files : '/x'", 24)), "MR1007", "ulimit -n" },
        { new MillraceException(ErrorCodes.FileUnavailable, "Cannot read /x.", "Look.", inner: new FileNotFoundException("No", "/x")), "MR1004", "Look." },
        { new FileNotFoundException("Could not load file or assembly", "No.Such.Thing, Version=1.0.0.0"), "MR1004", "path" },
        { new FileNotFoundException("Could not find file '/x/a'.", "/x/a"), "MR1004", "path" },
        { new DllNotFoundException("Unable to load shared library: libx.so: wrong ELF class"), "MR1099", "" },
        { new IOException("No space left on device", 28), "MR1005", "Free space" },
    };

    private static string Own => typeof(System.Text.RegularExpressions.Regex).Assembly.FullName!;

    [Theory]
    [MemberData(nameof(Starving))]
    public void Want_is_told_from_what_it_looks_like(Exception thrown, string code, string fix)
    {
        ReportedError error = ErrorReading.Read(thrown, new SecretScrubber()).ShouldHaveSingleItem();

        error.Code.Id.ShouldBe(code);
        (error.Fix ?? "").ShouldContain(fix);
    }
}
