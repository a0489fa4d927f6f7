namespace Millrace.IntegrationTests.Lineage;

/// <summary>Statements whose tables (and for queries: columns) the engines themselves tell, to compare with what the reader says.</summary>
internal static class LineageCorpus
{
    /// <summary>The tables that they are about, in the SQL of both engines.</summary>
    public const string Tables =
        """
        CREATE SCHEMA raw; CREATE SCHEMA dbo; CREATE SCHEMA "Odd Schema";
        CREATE TABLE raw.orders (_id text, customer_id bigint, status text, total numeric(18, 2), qty integer, price numeric(18, 2), ordered_at timestamp, currency text, note text);
        CREATE TABLE raw.customers (_id bigint, name text, country text, parent bigint);
        CREATE TABLE raw.items (order_id text, sku text, qty integer, price numeric(18, 2));
        CREATE TABLE dbo.orders (order_id text PRIMARY KEY, customer_id bigint, status text, total numeric(18, 2), run_id bigint);
        CREATE TABLE dbo.customers (customer_id bigint PRIMARY KEY, name text, country text);
        CREATE TABLE "Odd Schema"."Odd Table" ("Id" integer, "select" text, "a.b" text);
        """;

    /// <summary>Queries whose every column reference the reader tells.</summary>
    public static IReadOnlyList<string> Queries { get; } =
    [
        "SELECT _id, status FROM raw.orders",
        "SELECT o.* FROM raw.orders o",
        "SELECT * FROM raw.orders, raw.customers AS c(id, n, land, p)",
        "SELECT o._id AS k, c.name FROM raw.orders o JOIN raw.customers c ON c._id = o.customer_id WHERE o.total > 10",
        "SELECT _id, name FROM raw.customers WHERE country IS DISTINCT FROM 'DE' AND parent IS NOT NULL",
        "SELECT country, count(*) n, sum(parent) FILTER (WHERE name LIKE 'a%') FROM raw.customers GROUP BY country HAVING max(_id) > 3",
        "SELECT CASE WHEN status = 'paid' THEN total ELSE 0 END AS paid, extract(year FROM ordered_at) AS jahr FROM raw.orders",
        "SELECT _id::text, CAST(total AS integer) AS t, qty * price AS value FROM raw.orders",
        "SELECT a._id, b._id AS other FROM raw.customers a LEFT JOIN raw.customers b ON b._id = a.parent",
        "SELECT _id FROM raw.orders WHERE customer_id IN (SELECT c._id FROM raw.customers c WHERE c.country = 'FR')",
        "SELECT _id FROM raw.orders o WHERE EXISTS (SELECT 1 FROM raw.items i WHERE i.order_id = o._id AND i.qty > o.qty)",
        "SELECT o._id, (SELECT max(i.price) FROM raw.items i WHERE i.order_id = o._id) AS most FROM raw.orders o",
        "SELECT _id FROM raw.customers UNION ALL SELECT customer_id FROM dbo.orders",
        "(SELECT name FROM raw.customers INTERSECT SELECT name FROM dbo.customers) EXCEPT SELECT sku FROM raw.items",
        "WITH c AS (SELECT _id, country FROM raw.customers) SELECT c.country, o.total FROM c JOIN raw.orders o ON o.customer_id = c._id",
        "WITH a AS (SELECT order_id, qty FROM raw.items), b AS (SELECT order_id, sum(qty) AS qty FROM a GROUP BY order_id) SELECT b.qty, o.status FROM b, raw.orders o WHERE o._id = b.order_id",
        "WITH RECURSIVE t(id, parent, depth) AS (SELECT _id, parent, 1 FROM raw.customers WHERE parent IS NULL UNION ALL SELECT c._id, c.parent, t.depth + 1 FROM raw.customers c JOIN t ON t.id = c.parent) SELECT id, parent, depth FROM t",
        "SELECT x.k, x.v FROM (SELECT _id AS k, name AS v FROM raw.customers) x WHERE x.k > 1",
        "SELECT row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC NULLS LAST) AS rn, _id FROM raw.orders",
        "SELECT sum(total) OVER w AS s, _id FROM raw.orders WINDOW w AS (PARTITION BY currency ORDER BY qty ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "SELECT \"Id\", \"select\", \"a.b\" FROM \"Odd Schema\".\"Odd Table\" WHERE \"select\" <> 'FROM raw.orders'",
        "SELECT _id -- FROM raw.items\n, /* , sku FROM raw.items /* nested */ */ status FROM raw.orders WHERE note <> $$ FROM raw.items $$",
        "SELECT coalesce(o.note, c.name, 'none') AS label FROM raw.orders o FULL JOIN raw.customers c ON c._id = o.customer_id",
        "SELECT o._id, i.sku FROM raw.orders o CROSS JOIN LATERAL (SELECT sku FROM raw.items WHERE order_id = o._id) i",
        "SELECT order_id, qty FROM raw.items WHERE (qty, price) IN (SELECT qty, price FROM raw.orders)",
        "SELECT DISTINCT country FROM raw.customers WHERE name BETWEEN 'a' AND 'm' OR name ILIKE '%x%'",
        "SELECT 1 AS one, 'from raw.orders' AS t, DATE '2020-01-01' AS d, INTERVAL '1' DAY AS i, country FROM raw.customers",
        "SELECT country, v.* FROM raw.customers, (VALUES (1, 'a'), (2, 'b')) AS v(n, t) WHERE v.n = parent",
        "SELECT status, currency, sum(total) FROM raw.orders GROUP BY GROUPING SETS ((status), (currency), ())",
        "SELECT ordered_at AT TIME ZONE 'UTC' AS at, ordered_at + INTERVAL '1 day' AS later FROM raw.orders",
        "SELECT o._id FROM (raw.orders o JOIN raw.items i ON i.order_id = o._id) LEFT JOIN raw.customers c ON c._id = o.customer_id WHERE c.name = i.sku",
        "SELECT order_id, sku FROM raw.items JOIN (SELECT _id AS order_id FROM raw.orders) o USING (order_id)",
        "SELECT name FROM raw.customers WHERE _id = ANY (SELECT customer_id FROM raw.orders) AND NOT (country = 'XX')",
        "SELECT count(DISTINCT o.customer_id) AS n, o.status AS \"Order Status\" FROM raw.orders AS o GROUP BY 2",
        "SELECT g.n, c.name FROM raw.customers c, generate_series(1, 3) AS g(n)",
    ];

    /// <summary>Statements of both engines that change rows.</summary>
    public static IReadOnlyList<string> Changes { get; } =
    [
        "INSERT INTO dbo.orders SELECT _id, customer_id, status, total, 1 FROM raw.orders WHERE total > 0",
        "INSERT INTO dbo.orders (order_id, status) SELECT _id, upper(status) FROM raw.orders WHERE customer_id NOT IN (SELECT _id FROM raw.customers)",
        "INSERT INTO dbo.customers (customer_id, name) VALUES (1, 'a'), (2, (SELECT max(sku) FROM raw.items))",
        "INSERT INTO dbo.customers SELECT _id, name, country FROM raw.customers ON CONFLICT (customer_id) DO UPDATE SET name = excluded.name, country = coalesce(excluded.country, 'x')",
        "INSERT INTO dbo.customers SELECT _id, name, country FROM raw.customers ON CONFLICT DO NOTHING",
        "WITH c AS (SELECT _id, name, country FROM raw.customers WHERE country = 'DE') INSERT INTO dbo.customers SELECT * FROM c",
        "UPDATE dbo.orders SET status = 'old' WHERE order_id IN (SELECT _id FROM raw.orders WHERE status = 'done')",
        "UPDATE dbo.orders AS d SET status = o.status, total = o.total * 2 FROM raw.orders o WHERE o._id = d.order_id",
        "UPDATE dbo.orders SET total = (SELECT sum(i.qty * i.price) FROM raw.items i WHERE i.order_id = dbo.orders.order_id)",
        "DELETE FROM dbo.orders",
        "DELETE FROM dbo.orders WHERE total < 0 OR status IS NULL",
        "DELETE FROM dbo.orders d USING raw.orders o WHERE o._id = d.order_id AND o.status = 'gone'",
        "DELETE FROM dbo.orders WHERE NOT EXISTS (SELECT 1 FROM raw.orders o WHERE o._id = dbo.orders.order_id)",
        "INSERT INTO dbo.orders (order_id, customer_id) SELECT i.sku, c._id FROM raw.items i, raw.customers c WHERE c.name = i.sku UNION SELECT o._id, o.customer_id FROM raw.orders o",
    ];

    /// <summary>Statements of PostgreSQL alone.</summary>
    public static IReadOnlyList<string> PostgreSqlChanges { get; } =
    [
        "MERGE INTO dbo.orders AS d USING raw.orders AS o ON d.order_id = o._id WHEN MATCHED AND o.status = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET status = CASE WHEN o.qty > 1 THEN o.status ELSE d.status END WHEN NOT MATCHED THEN INSERT (order_id, total) VALUES (o._id, o.total)",
        "MERGE INTO dbo.customers c USING (SELECT r._id, r.name FROM raw.customers r JOIN raw.orders o ON o.customer_id = r._id) s ON c.customer_id = s._id WHEN NOT MATCHED THEN INSERT VALUES (s._id, s.name, NULL) WHEN MATCHED THEN DO NOTHING",
        "WITH gone AS (DELETE FROM raw.orders WHERE status = 'gone' RETURNING _id, customer_id) INSERT INTO dbo.orders (order_id, customer_id) SELECT _id, customer_id FROM gone",
        "WITH up AS (UPDATE dbo.customers SET name = c.name FROM raw.customers c WHERE c._id = dbo.customers.customer_id RETURNING dbo.customers.customer_id) INSERT INTO dbo.orders (order_id, customer_id) SELECT i.sku, up.customer_id FROM up, raw.items i",
        "UPDATE dbo.orders SET (status, total) = (SELECT o.status, o.total FROM raw.orders o WHERE o._id = order_id)",
        "INSERT INTO dbo.customers AS t (customer_id, name) SELECT DISTINCT ON (o.customer_id) o.customer_id, o.note FROM raw.orders o ORDER BY o.customer_id, o.ordered_at DESC ON CONFLICT (customer_id) DO UPDATE SET name = t.name || excluded.name WHERE t.country <> 'XX'",
        "DELETE FROM ONLY dbo.orders USING raw.items AS i LEFT JOIN raw.customers c ON c.name = i.sku WHERE i.order_id = dbo.orders.order_id AND c.country IS NULL",
        "TABLE raw.items",
        "SELECT * FROM ROWS FROM (generate_series(1, 2)) AS g(n), raw.customers TABLESAMPLE SYSTEM (50) WHERE _id = n FOR UPDATE OF customers",
        "CREATE TABLE dbo.made AS SELECT o._id, i.sku FROM raw.orders o JOIN raw.items i ON i.order_id = o._id WITH NO DATA",
        "SELECT o._id INTO dbo.made FROM raw.orders o WHERE o.qty > (SELECT avg(qty) FROM raw.items)",
        "CREATE TEMP TABLE t AS WITH x AS MATERIALIZED (SELECT * FROM raw.customers) SELECT x.name FROM x",
    ];

    /// <summary>Queries of DuckDB alone.</summary>
    public static IReadOnlyList<string> DuckDbQueries { get; } =
    [
        "FROM raw.orders",
        "FROM raw.orders SELECT _id, status WHERE total > 1",
        "SELECT * EXCLUDE (note, qty) FROM raw.orders",
        "SELECT * REPLACE (upper(name) AS name) FROM raw.customers",
        "SELECT c: country, n: count(*) FROM raw.customers GROUP BY ALL ORDER BY ALL",
        "SELECT list_transform([qty, 1], x -> x + 1) AS l, {'k': sku, 'p': price} AS s FROM raw.items",
        "SELECT _id, name.upper() AS u FROM raw.customers QUALIFY row_number() OVER (PARTITION BY country ORDER BY _id) = 1",
        "SELECT o._id FROM raw.orders o SEMI JOIN raw.items i ON i.order_id = o._id",
        "SELECT o._id FROM raw.orders o ANTI JOIN raw.items i ON i.order_id = o._id",
        "SELECT o._id, i.sku FROM raw.orders o ASOF JOIN raw.items i ON o._id = i.order_id AND o.qty >= i.qty",
        "SELECT _id AS k, k + 1 AS next FROM raw.customers WHERE next > 2",
        "SELECT name FROM raw.customers UNION ALL BY NAME SELECT name, country FROM dbo.customers",
        "SELECT TRY_CAST(sku AS INTEGER) AS n, qty // 2 AS half FROM raw.items LIMIT (SELECT count(*) FROM raw.customers)",
        "SELECT unnest([sku, order_id]) AS u FROM raw.items",
        "SELECT t.u FROM raw.items i, unnest([i.sku]) AS t(u)",
        "WITH a AS (FROM raw.items) SELECT a.sku FROM a JOIN dbo.orders d ON d.order_id = a.order_id",
    ];
}
