create table orders as select * from read_csv('{exports}/orders_*.csv', delim = ',', quote = '"', types = {{'Order date': 'varchar'}});
create table order_lines as select * from read_csv('{exports}/order_lines_*.csv', delim = ',', quote = '"', types = {{'Net amount': 'varchar'}});
checkpoint;
