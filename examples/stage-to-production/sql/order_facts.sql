-- dbo -> transform: orders with their customers' countries. Small enough to be made anew.
DROP TABLE IF EXISTS transform.order_facts;
CREATE TABLE transform.order_facts AS
SELECT o.order_id, CAST(o.ordered_at AS date) AS ordered_on, coalesce(c.country, 'unknown') AS country, o.status, o.total, o.currency, :run_id AS run_id
FROM dbo.orders o
LEFT JOIN dbo.customers c ON c.customer_id = o.customer_id;
