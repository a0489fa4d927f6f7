using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>A task's state holds documents as the source has them, so nobody but the owner may look into it, whatever the umask.</summary>
public sealed class StateFolderTests
{
    [Theory]
    [InlineData("000")]
    [InlineData("022")]
    public void Only_its_owner_may_look_into_the_state(string umask)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there are no modes on Windows");
            return;
        }

        using var folder = new TemporaryFolder();
        MillraceProcess.Run(folder.Path, new Dictionary<string, string>(), "sample", "shop", "--out", "dump", "--orders", "20", "--changes", "20").ShouldExitWith(0);
        MillraceProcess.Run(
            folder.Path, new Dictionary<string, string>(), "init", "--dump", "dump", "--database", "shop", "--oplog", "dump/changes/oplog/*.bson").ShouldExitWith(0);
        using (MillraceProcess run = MillraceProcess.Start(
            folder.Path, new Dictionary<string, string>(), ["sh", "-c", $"umask {umask}; exec \"$@\"", "sh"], ["run", "load"]))
        {
            run.WaitForEnd().ShouldExitWith(0);
        }

        string[] states = Directory.GetDirectories(folder[Path.Combine(".millrace", "state")]);
        states.ShouldNotBeEmpty();
        foreach (string state in states)
        {
            File.GetUnixFileMode(state).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, state);
            Directory.GetFiles(state).ShouldNotBeEmpty();
        }
    }
}
