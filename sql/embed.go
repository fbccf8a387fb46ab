// Package petrolsql carries the database's migrations and the demo station's
// data inside the program, so that a hub is one file and always brings the
// schema it was built for.
//
// Migrations are plain SQL for goose in the portable subset that MariaDB and
// MySQL 8 share, one statement that changes the schema a file (both commit
// around such a statement, so no tool could undo half a file), and only
// forward: a wrong one is corrected by the next.
package petrolsql

import "embed"

// Migrations holds migrations/NNNNN_name.sql.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// MigrationsDir is the folder of Migrations inside its file system.
const MigrationsDir = "migrations"

// Demo holds demo/station.yaml: one station with its dispensers, nozzles,
// tanks, grades, prices and staff; and the replies its agents keep ready.
//
//go:embed demo/*.yaml demo/canned
var Demo embed.FS

// DemoFile is the path of the demo station in Demo.
const DemoFile = "demo/station.yaml"

// DemoReplies is the path of the replies in Demo; their pictures lie beside it.
const DemoReplies = "demo/canned/canned.yaml"
