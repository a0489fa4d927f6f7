-- transform -> conformed: what reports read.
CREATE TABLE IF NOT EXISTS conformed.daily_revenue (
  ordered_on date NOT NULL, country text NOT NULL, currency text NOT NULL, orders bigint NOT NULL, revenue numeric(18, 2), run_id bigint NOT NULL);

DELETE FROM conformed.daily_revenue WHERE currency = :currency;

INSERT INTO conformed.daily_revenue
SELECT ordered_on, country, currency, count(*), sum(total), :run_id
FROM transform.order_facts
WHERE currency = :currency AND status <> 'cancelled'
GROUP BY ordered_on, country, currency;
