"""What pages and services are asked for, as data: filters of jobs, and orders to do something to them."""
