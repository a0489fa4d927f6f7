CREATE TABLE IF NOT EXISTS dbo.customers (customer_id bigint NOT NULL, name text, country text, run_id bigint NOT NULL);

DELETE FROM dbo.customers
WHERE customer_id IN (SELECT _id FROM raw.customers WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until);

INSERT INTO dbo.customers
SELECT _id, name, address ->> 'country', :run_id
FROM raw.customers
WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until AND _millrace_deleted_at IS NULL;
