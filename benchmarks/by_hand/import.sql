-- raw kept
copy (select *, filename as _file, row_number() over () + 1 as _row from read_csv('{exports}/orders_*.csv', delim = ',', quote = '"', all_varchar = true, filename = true)) to '{folder}/orders.parquet';
copy (select *, filename as _file, row_number() over () + 1 as _row from read_csv('{exports}/order_lines_*.csv', delim = ',', quote = '"', all_varchar = true, filename = true)) to '{folder}/order_lines.parquet';
create table quarantine(table_name varchar, file varchar, row_no bigint, column_name varchar, value varchar);

-- orders: typed, bad rows aside, keys unique
create table orders as
select nullif(trim("Order no"), '') as order_id, nullif(trim("Customer no"), '') as customer_id,
       timezone('UTC', timezone('Europe/London', coalesce(try_strptime(trim("Order date"), '%Y-%m-%d %H:%M:%S'), try_strptime(trim("Order date"), '%Y-%m-%d')))) as ordered_at,
       case trim("Cancelled") when 'Yes' then true when 'No' then false end as is_cancelled, nullif(trim("Return of order"), '') as returns_order_id,
       upper(nullif(trim("Currency"), '')) as currency, nullif(trim("Channel"), '') as channel, nullif(trim("Representative"), '') as owner_id,
       nullif(trim("Campaign no"), '') as campaign_id, nullif(trim("Deal no"), '') as deal_id, nullif(trim("Region"), '') as region,
       nullif(trim("Town"), '') as city, _file as source_file, _row as source_row
from '{folder}/orders.parquet'
where coalesce(try_strptime(trim("Order date"), '%Y-%m-%d %H:%M:%S'), try_strptime(trim("Order date"), '%Y-%m-%d')) is not null;
insert into quarantine select 'orders', _file, _row, 'Order date', "Order date" from '{folder}/orders.parquet'
where coalesce(try_strptime(trim("Order date"), '%Y-%m-%d %H:%M:%S'), try_strptime(trim("Order date"), '%Y-%m-%d')) is null;
select error('an order number twice') from (select order_id from orders group by order_id having count(*) > 1);

-- lines: typed, bad rows aside, keys unique, each with its order
create table typed as
select nullif(trim("Order no"), '') as order_id, try_cast(trim("Line") as bigint) as line_no, nullif(trim("Product no"), '') as product_id,
       try_cast(trim("Quantity") as decimal(18, 4)) as quantity, try_cast(nullif(trim("Unit price"), '') as decimal(18, 4)) as unit_price,
       try_cast(nullif(trim("Discount"), '') as decimal(18, 4)) as discount, try_cast(nullif(trim("Net amount"), '') as decimal(18, 4)) as net_amount,
       try_cast(nullif(trim("Cost of goods"), '') as decimal(18, 4)) as cost_amount, try_cast(nullif(trim("VAT"), '') as decimal(18, 4)) as tax_amount,
       _file as source_file, _row as source_row,
       (quantity is null or line_no is null or net_amount is null or (unit_price is null and "Unit price" is not null)
        or (discount is null and "Discount" is not null) or (cost_amount is null and "Cost of goods" is not null) or (tax_amount is null and "VAT" is not null)) as is_bad,
       "Net amount" as raw_net
from '{folder}/order_lines.parquet';
insert into quarantine select 'order_lines', source_file, source_row, 'Net amount', raw_net from typed where is_bad;
insert into quarantine select 'order_lines', source_file, source_row, 'Order no', order_id from typed where not is_bad and order_id not in (select order_id from orders);
create table order_lines as select * exclude (is_bad, raw_net) from typed where not is_bad and order_id in (select order_id from orders);
drop table typed;
select error('a line twice') from (select order_id, line_no from order_lines group by order_id, line_no having count(*) > 1);

-- what they name
create table customers as select distinct customer_id from orders where customer_id is not null;
create table employees as select distinct owner_id as employee_id from orders where owner_id is not null;
create table products as select distinct product_id from order_lines where product_id is not null;
create table campaigns as select distinct campaign_id from orders where campaign_id is not null;

-- how they are filled
create table profile as
select 'orders' as table_name, count(*) as row_count, count(customer_id), min(ordered_at), max(ordered_at), count(channel), count(owner_id), count(region), count(city), count(deal_id), count(campaign_id), count(returns_order_id) from orders;
create table profile_of_lines as
select count(*) as row_count, count(product_id), count(unit_price), count(discount), count(net_amount), count(cost_amount), count(tax_amount) from order_lines;
create table currencies as select currency, count(*) as row_count from orders group by currency;
checkpoint;
