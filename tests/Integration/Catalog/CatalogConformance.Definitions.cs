using System.Collections.Immutable;
using Millrace.Catalog;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{

    [Fact]
    public async Task What_is_applied_is_what_is_read_and_a_second_apply_changes_nothing()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a"));

        AppliedVersion first = await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        AppliedVersion second = await catalog.Definitions.ApplyAsync(project, first.Version, "me", Ct);

        (first.Version, second.Version, second.Changes.Length).ShouldBe((1, 1, 0));
        Definitions read = await catalog.Definitions.ReadAsync(Ct);
        read.Connections.ShouldBe(project.Connections);
        read.Jobs.ShouldBe(project.Jobs);
        read.Tasks.ShouldBe(project.Tasks);
    }

    [Fact]
    public async Task Changes_are_told_field_by_field_and_kept_with_who_made_them()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(
            ProjectOf(TaskOf("j/a", "a"), TaskOf("j/b", "b")), 0, "me", Ct);

        AppliedVersion applied = await catalog.Definitions.ApplyAsync(
            ProjectOf(TaskOf("j/a", "renamed", deleteMode: "hard")), 1, "you", Ct);

        applied.Changes.Select(c => (c.Type, c.Subject, c.Name)).ShouldBe(
            [(ChangeType.Changed, "task", "j/a"), (ChangeType.Removed, "task", "j/b")]);
        applied.Changes[0].Fields.ShouldBe([new("name", "a", "renamed"), new("target.delete_mode", "soft", "hard")]);
        (await catalog.Definitions.VersionsAsync(10, Ct)).Select(v => (v.Version, v.AppliedBy)).ShouldBe([(2, "you"), (1, "me")]);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("renamed");
        (await Place.CountAsync("SELECT count(*) FROM metadata.tasks WHERE removed_version = 2")).ShouldBe(1);
    }

    [Fact]
    public async Task What_was_removed_can_come_back()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a"));
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        await catalog.Definitions.ApplyAsync(new(0, [], [], []), 1, "me", Ct);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBeEmpty();

        await catalog.Definitions.ApplyAsync(project, 2, "me", Ct);

        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBe(project.Tasks);
    }

    [Fact]
    public async Task Of_two_applies_from_one_version_the_second_is_refused_and_changes_nothing()
    {
        await using ICatalog one = await Place.OpenAsync();
        await using ICatalog two = await Place.OpenAsync();
        await one.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a")), 0, "one", Ct);

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => two.Definitions.ApplyAsync(ProjectOf(TaskOf("j/b", "b")), 0, "two", Ct).AsTask());

        error.Code.ShouldBe(ErrorCodes.DefinitionsMoved);
        (await two.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("a");
    }

    /// <summary>What is unique among tasks may change hands in one apply.</summary>
    [Fact]
    public async Task Two_tasks_exchange_their_names_and_orders()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a", order: 1), TaskOf("j/b", "b", order: 2)), 0, "me", Ct);
        Definitions exchanged = ProjectOf(TaskOf("j/a", "b", order: 2), TaskOf("j/b", "a", order: 1));

        await catalog.Definitions.ApplyAsync(exchanged, 1, "me", Ct);

        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBe(exchanged.Tasks, ignoreOrder: true);
    }

    [Fact]
    public async Task A_name_and_an_order_that_a_removed_task_had_are_free()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("old", "a", order: 1)), 0, "me", Ct);

        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("new", "a", order: 1)), 1, "me", Ct);

        (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single().Key.ShouldBe("new");
    }

    [Fact]
    public async Task An_edit_by_SQL_is_a_difference_and_the_history_tells_of_it_as_what_was_before()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a"));
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);

        await Place.ExecuteAsync("UPDATE metadata.tasks SET enabled = '0', target_table = 'elsewhere' WHERE task_key = 'j/a'");

        Definitions edited = await catalog.Definitions.ReadAsync(Ct);
        edited.Tasks.Single().Enabled.ShouldBeFalse();
        (await Place.CountAsync("SELECT changed_version FROM metadata.tasks")).ShouldBe(1);
        DefinitionDiff.Between(edited, project).Single().Fields.ShouldBe([new("enabled", "false", "true"), new("target.table", "elsewhere", "t")]);
        await catalog.Definitions.ApplyAsync(project, 1, "you", Ct);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBe(project.Tasks);
        (await Place.TextsAsync("""SELECT c."before" FROM metadata.definition_changes c WHERE c.version = 2 AND c.field = 'target.table'""")).ShouldBe(["elsewhere"]);
    }

    [Fact]
    public async Task A_script_keeps_every_text_that_it_had_and_who_gave_it()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(ProjectOf(StepOf("SELECT 1")), 0, "me", Ct);
        await Place.ExecuteAsync("""UPDATE metadata.scripts SET "text" = 'SELECT 2'""");
        (await Place.TextsAsync("SELECT p.problem FROM metadata.definition_problems p")).ShouldBe(["script whose text was changed by SQL"]);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single().Definition.ShouldContain("SELECT 2");

        await catalog.Definitions.ApplyAsync(ProjectOf(StepOf("SELECT 3")), 1, "me", Ct);

        (await Place.TextsAsync("""SELECT v."text" FROM metadata.script_versions v ORDER BY v.version""")).ShouldBe(["SELECT 1", "SELECT 2", "SELECT 3"]);
        (await Place.CountAsync("SELECT v.version FROM metadata.script_versions v WHERE v.since_version IS NULL")).ShouldBe(2);
        (await Place.CountAsync("SELECT v.since_version FROM metadata.script_versions v WHERE v.version = 3")).ShouldBe(2);
        (await Place.TextsAsync("SELECT p.problem FROM metadata.definition_problems p")).ShouldBeEmpty();
        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a")), 2, "me", Ct);
        (await Place.CountAsync("SELECT s.removed_version FROM metadata.scripts s")).ShouldBe(3);
    }

    [Fact]
    public async Task What_no_constraint_can_say_is_listed()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a"), StepOf("SELECT 1"));
        CatalogJob job = project.Jobs[0];
        project = project with { Jobs = [job, job with { Name = "k" }, job with { Name = "l" }] };
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        (await Place.TextsAsync("SELECT p.problem FROM metadata.definition_problems p")).ShouldBeEmpty();

        await Place.ExecuteAsync(
            """
            UPDATE metadata.connections SET removed_version = 1 WHERE name = 'c';
            UPDATE metadata.jobs SET enabled = '0' WHERE name = 'j';
            UPDATE metadata.tasks SET script_path = NULL, sql_text = 'SELECT 1' WHERE task_key = 'j/s';
            DELETE FROM metadata.datasets WHERE task_key = 'j/a';
            INSERT INTO metadata.task_dependencies (task_key, position, needs) VALUES ('j/a', 0, 'nobody');
            INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('j', 0, 'k');
            INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('k', 0, 'l');
            INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('l', 0, 'k');
            INSERT INTO metadata.procedures (name) VALUES ('p');
            """);

        (await Place.TextsAsync("SELECT p.problem FROM metadata.definition_problems p")).Order(StringComparer.Ordinal).ShouldBe(
        [
            "enabled task in a job that is off", "enabled task in a job that is off",
            "jobs start each other in a circle", "jobs start each other in a circle",
            "procedure that no task calls", "script that no task uses",
            "task uses a removed connection", "task waits for one that its job has not", "task without a dataset",
        ]);
    }

    [Fact]
    public async Task Views_say_what_a_job_is_and_how_far_its_datasets_are()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a"), StepOf("SELECT 1")), 0, "me", Ct);
        await catalog.Checkpoints.ReplaceAsync("j/a", [new("j/a", "p", 1, new("l"), new("x/7"), 3)], null, Ct);

        (await Place.TextsAsync("SELECT o.steps FROM metadata.job_overview o")).ShouldBe(["ETL"]);
        (await Place.TextsAsync("SELECT o.reading FROM metadata.job_overview o")).ShouldBe(["full"]);
        (await Place.TextsAsync("SELECT w.watermark FROM metadata.watermarks w WHERE w.dataset = 'd'")).ShouldBe(["x/7"]);
        (await Place.TextsAsync("SELECT u.task_key FROM metadata.connection_uses u WHERE u.connection_name = 'w' ORDER BY u.used_as")).ShouldBe(["j/s", "j/a"]);
        (await Place.TextsAsync("SELECT u.task_key FROM metadata.script_uses u")).ShouldBe(["j/s"]);
        await Place.ExecuteAsync("UPDATE metadata.tasks SET enabled = '0' WHERE step = 'E'");
        (await Place.TextsAsync("SELECT o.steps FROM metadata.job_overview o")).ShouldBe(["TL"]);
    }

    [Fact]
    public async Task What_has_a_column_counts_there_alone()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a"));
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);

        await Place.ExecuteAsync("""UPDATE metadata.tasks SET settings = '{"source":{"connection":"other"},"description":"x"}'""");

        CatalogTask read = (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single();
        read.Misplaced.ShouldBe("description, source.connection");
        read.Definition.ShouldBe(project.Tasks[0].Definition);
    }

    private static CatalogTask TaskOf(string key, string name, string deleteMode = "soft", int? order = null)
    {
        string run = order is null ? "" : $"\"run_order\":{order},";
        string definition =
            $$$"""
            {"job":"j","name":"{{{name}}}","step":"E","order":0,"enabled":true,{{{run}}}"source":{"connection":"c","dataset":["d"],"replication_method":"full_refresh"},"target":{"connection":"w","table":"t","write_disposition":"replace","delete_mode":"{{{deleteMode}}}"}}
            """;
        return new(key, "j", name, "E", 0, true, definition);
    }

    private static CatalogTask StepOf(string text) => new(
        "j/s", "j", "s", "T", 1, true,
        $$$"""{"job":"j","name":"s","step":"T","order":1,"enabled":true,"run":{"connection":"w","script":"sql/s.sql","sql":"{{{text}}}"}}""");

    private static Definitions ProjectOf(params CatalogTask[] tasks) => new(
        0,
        [new CatalogConnection("c", "mongodb", """{"type":"mongodb","uri":"${URI}"}"""), new CatalogConnection("w", "duckdb", """{"type":"duckdb","data_source":"lake"}""")],
        [new CatalogJob("j", true, """{"enabled":true,"parallelism":1}""")],
        [.. tasks]);
}
