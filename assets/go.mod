module forecourt/assets

go 1.26.0
