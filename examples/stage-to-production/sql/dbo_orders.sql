-- raw -> dbo: columns with types and names of our own; rows that are gone in the source go here, too.
CREATE TABLE IF NOT EXISTS dbo.orders (
  order_id text NOT NULL, customer_id bigint, status text, ordered_at timestamptz, total numeric(18, 2), currency text, run_id bigint NOT NULL);

DELETE FROM dbo.orders
WHERE order_id IN (SELECT _id FROM raw.orders WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until);

INSERT INTO dbo.orders
SELECT _id, CAST(customer ->> 'id' AS bigint), status, ordered_at, total, currency, :run_id
FROM raw.orders
WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until AND _millrace_deleted_at IS NULL;
