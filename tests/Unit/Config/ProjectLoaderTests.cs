using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Config;

public sealed class ProjectLoaderTests
{
    [Fact]
    public void The_documented_project_loads_as_it_reads()
    {
        Project project = ProjectSamples.Load(ProjectSamples.Shop).Required();

        project.Catalog.ShouldBe(new CatalogSettings(CatalogType.Sqlite, ".millrace/catalog.db"));
        project.Connections.Keys.ShouldBe(["backup", "shop", "warehouse"]);
        JobDefinition job = project.FindJob("shop").ShouldNotBeNull();
        job.Schedule.ShouldBe("0 9 * * *");
        ProjectTask orders = job.Tasks[0];
        orders.Key.ShouldBe("shop/orders");
        orders.Location.ShouldBe(new SourceLine("millrace.yaml", 13));
        TaskDefinition move = orders.Move.ShouldNotBeNull();
        move.Source.Method.ShouldBe(ReplicationMethod.ChangeCapture);
        move.Target.PrimaryKey.ShouldBe(["_id"]);
        move.Limits.ShouldBe(new RunLimits(100_000, 50_000_000, TimeSpan.FromMinutes(10)));
        move.Columns[0].Mask.ShouldBe(MaskKind.HmacSha256);
        move.Columns[0].MaskKey.ShouldBe("${MILLRACE_MASK_KEY}");
        move.Checks[0].Kind.ShouldBe(QualityCheckKind.NotNull);
        TaskDefinition rest = job.Tasks[1].Move.ShouldNotBeNull();
        rest.Source.Datasets.Exclude.ShouldBe(["orders", "tmp_*"]);
        rest.Limits.ShouldBe(new RunLimits(null, 50_000_000, null));
    }

    [Fact]
    public void A_task_of_two_lines_does_the_sensible_thing()
    {
        TaskDefinition task = ProjectSamples.Task("{ source: { connection: shop, dataset: orders }, target: { connection: warehouse } }");

        task.Key.ShouldBe("j/orders");
        task.Source.Method.ShouldBe(ReplicationMethod.ChangeCapture);
        task.Target.Disposition.ShouldBe(WriteDisposition.Merge);
        task.Target.DeleteMode.ShouldBe(DeleteMode.Soft);
        task.Target.Table.ShouldBe("{dataset}");
        task.MaxColumns.ShouldBe(500);
        task.MaxBytesInFlight.ShouldBe(64 << 20);
        task.CommitEvery.ShouldBe(CommitEvery.Default);
    }

    [Theory]
    [InlineData("shop", "cursor_field: updated_at", "", ReplicationMethod.Incremental, WriteDisposition.Merge)]
    [InlineData("lake", "cursor_field: n", "", ReplicationMethod.Incremental, WriteDisposition.Append)]
    [InlineData("lake", "cursor_field: n", "primary_key: id", ReplicationMethod.Incremental, WriteDisposition.Merge)]
    [InlineData("lake", "exclude: []", "", ReplicationMethod.FullRefresh, WriteDisposition.Replace)]
    [InlineData("lake", "exclude: []", "merge_strategy: insert_only", ReplicationMethod.FullRefresh, WriteDisposition.Merge)]
    [InlineData("shop", "replication_method: full_refresh", "write_disposition: append", ReplicationMethod.FullRefresh, WriteDisposition.Append)]
    public void Method_and_disposition_follow_from_what_is_given(
        string connection, string source, string target, ReplicationMethod method, WriteDisposition disposition)
    {
        string more = target.Length == 0 ? "" : ", " + target;
        TaskDefinition task = ProjectSamples.Task(
            $"{{ source: {{ connection: {connection}, dataset: d, {source} }}, target: {{ connection: warehouse{more} }} }}");

        task.Source.Method.ShouldBe(method);
        task.Target.Disposition.ShouldBe(disposition);
    }

    [Fact]
    public void Every_setting_of_a_task_arrives()
    {
        TaskDefinition task = ProjectSamples.Task("""
            { name: t, id: fixed/id, enabled: no,
              source: { connection: shop, dataset: [a, b], filter: { qty: { $gt: 5 } }, fields: [x, y], on_drop: delete, on_history_lost: resnapshot, batch_size: 7 },
              target: { connection: warehouse, table: "raw.{dataset}", merge_strategy: delete_insert, delete_mode: hard, on_target_vanished: resnapshot },
              commit_every: { rows: 10, bytes: 1MiB, seconds: 5 }, schema_contract: { columns: freeze, types: quarantine },
              nested: { mode: flatten, max_depth: 2, separator: "." }, max_columns: 9, max_quarantine: 0, max_bytes_in_flight: 2MiB,
              columns: [ { from: a.b, to: c, cast: "decimal(10,2)" }, { from: d, drop: true }, { to: e, constant: "1" }, { from: f, mask: redact } ],
              checks: [ { unique: k }, { accepted_values: { column: s, values: [1, two] } }, { row_count: { min: 1, max: 5 } }, { sql: "a > 0" } ] }
            """);

        task.Key.ShouldBe("fixed/id");
        task.Enabled.ShouldBeFalse();
        task.Source.Filter.ShouldBe("""{"qty":{"$gt":5}}""");
        task.Source.Fields.ShouldBe(["x", "y"]);
        task.Source.OnDrop.ShouldBe(OnDrop.Delete);
        task.Source.OnHistoryLost.ShouldBe(OnHistoryLost.Resnapshot);
        task.Source.Options.ShouldBeOfType<ProjectSamples.MongoSourceOptions>().BatchSize.ShouldBe(7);
        task.Target.Strategy.ShouldBe(MergeStrategy.DeleteInsert);
        task.Target.DeleteMode.ShouldBe(DeleteMode.Hard);
        task.Target.OnTargetVanished.ShouldBe(OnTargetVanished.Resnapshot);
        task.CommitEvery.ShouldBe(new CommitEvery(10, 1 << 20, TimeSpan.FromSeconds(5)));
        task.Contract.ShouldBe(new SchemaContract(ContractMode.Evolve, ContractMode.Freeze, ContractMode.Quarantine));
        task.Nested.ShouldBe(new NestedSettings(NestedMode.Flatten, 2, "."));
        (task.MaxColumns, task.MaxQuarantine, task.MaxBytesInFlight).ShouldBe((9, 0L, 2L << 20));
        task.Columns[0].Cast.ShouldBe(LogicalType.Decimal(10, 2));
        task.Columns[1].Drop.ShouldBeTrue();
        task.Columns[2].Constant.ShouldBe("1");
        task.Columns[3].Mask.ShouldBe(MaskKind.Redact);
        task.Checks.Select(c => c.Kind).ShouldBe(
            [QualityCheckKind.Unique, QualityCheckKind.AcceptedValues, QualityCheckKind.RowCount, QualityCheckKind.Sql]);
        task.Checks[1].Values.ShouldBe(["1", "two"]);
        (task.Checks[2].Min, task.Checks[2].Max).ShouldBe((1, 5));
    }

    [Fact]
    public void The_nearest_of_task_job_and_defaults_wins_setting_by_setting()
    {
        Project project = ProjectSamples.Load("""
            connections:
              shop: { type: mongodb, dump: d }
              warehouse: { type: duckdb, path: w }
            defaults:
              limits: { run_max_rows: 1, run_max_bytes: 2B, run_max_duration: 3s }
              target: { connection: warehouse, delete_mode: hard }
              schema_contract: freeze
            jobs:
              j:
                owner: data team
                limits: { run_max_bytes: 20B, run_max_duration: 30s }
                source: { connection: shop }
                tasks:
                  - { source: { dataset: a }, limits: { run_max_duration: 300s } }
                  - { source: { dataset: b }, target: { delete_mode: ignore }, owner: me }
            """).Required();

        ProjectTask a = project.Jobs[0].Tasks[0];
        a.Move!.Limits.ShouldBe(new RunLimits(1, 20, TimeSpan.FromSeconds(300)));
        a.Move.Target.DeleteMode.ShouldBe(DeleteMode.Hard);
        a.Move.Contract.Types.ShouldBe(ContractMode.Freeze);
        a.Owner.ShouldBe("data team");
        ProjectTask b = project.Jobs[0].Tasks[1];
        b.Move!.Target.DeleteMode.ShouldBe(DeleteMode.Ignore);
        b.Owner.ShouldBe("me");
    }

    [Fact]
    public void Several_files_make_one_project()
    {
        Project project = ProjectSamples.Load(
            ("millrace.yaml", "defaults: { target: { connection: warehouse } }"),
            ("connections/shop.yaml", "type: mongodb\ndump: d"),
            ("connections/more.yaml", "connections: { warehouse: { type: duckdb, path: w } }"),
            ("jobs/daily.yaml", "tasks: [ { source: { connection: shop, dataset: a } } ]")).Required();

        project.Connections.Keys.ShouldBe(["shop", "warehouse"]);
        project.Jobs.Single().Name.ShouldBe("daily");
        project.Jobs[0].Tasks[0].Location.ShouldBe(new SourceLine("jobs/daily.yaml", 1));
    }

    [Fact]
    public void Anchors_aliases_and_merge_keys_work()
    {
        Project project = ProjectSamples.Load("""
            connections:
              shop: { type: mongodb, dump: d }
              warehouse: { type: duckdb, path: w }
            jobs:
              j:
                tasks:
                  - &first { source: { connection: shop, dataset: a }, target: { connection: warehouse } , max_columns: 7 }
                  - { <<: *first, source: { connection: shop, dataset: b } }
            """).Required();

        project.Jobs[0].Tasks[1].Name.ShouldBe("b");
        project.Jobs[0].Tasks[1].Move!.MaxColumns.ShouldBe(7);
    }

    [Fact]
    public void The_effective_definition_is_the_same_text_every_time_and_hides_secrets()
    {
        ProjectTask task = ProjectSamples.LoadTask("""
            { source: { connection: shop, dataset: a }, target: { connection: warehouse },
              columns: [ { from: x, mask: hmac_sha256, mask_key: hunter2 } ] }
            """).Required().Jobs[0].Tasks[0];

        string json = DefinitionJson.Of(task);

        json.ShouldBe(DefinitionJson.Of(task));
        json.ShouldNotContain("hunter2");
        task.ToString().ShouldNotContain("hunter2");
        task.Move!.Columns[0].ToString().ShouldNotContain("hunter2");
        DefinitionJson.Flatten(json).ShouldContain(new KeyValuePair<string, string>("columns[0].mask_key", "***"));
        DefinitionJson.Flatten(json).ShouldContain(new KeyValuePair<string, string>("source.dataset", "[a]"));
    }

    [Fact]
    public void Required_lists_every_error()
    {
        MillraceException error = Should.Throw<MillraceException>(() => ProjectSamples.Load("a: 1\nb: 2").Required());

        error.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
        error.Message.ShouldContain("2 errors");
        error.Message.ShouldContain("millrace.yaml:2");
    }
}
