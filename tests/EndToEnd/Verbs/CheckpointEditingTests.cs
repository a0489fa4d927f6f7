using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>checkpoints set</c> by hand.</summary>
public sealed class CheckpointEditingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_position_of_another_kind_is_refused_and_its_fix_works()
    {
        var shell = new CommandLineShell(_folder);
        (await shell.RunAsync($"sample shop --out {_folder["dump"]} --orders 30 --changes 20")).ShouldExitWith(0);
        (await shell.RunAsync("init --dump dump --database shop --oplog dump/changes/oplog/*.bson")).ShouldExitWith(0);
        (await shell.RunAsync("run load")).ShouldExitWith(0);

        ProcessOutcome refused = (await shell.RunAsync("checkpoints set load --partition log --position x")).ShouldExitWith(2);
        refused.Errors.ShouldContain("MR1002");
        string present = refused.Errors[refused.Errors.IndexOf("mongodb.oplog/", StringComparison.Ordinal)..].Trim();
        (await shell.RunAsync("run load")).ShouldExitWith(0);
        (await shell.RunAsync($"checkpoints set load --partition log --position {present}")).ShouldExitWith(0);
        (await shell.RunAsync("run load")).ShouldExitWith(0);
    }
}
