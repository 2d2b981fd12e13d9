module stet.test/shared

go 1.19
