module forecourt/sql

go 1.26.0
