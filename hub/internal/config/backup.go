package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// How often backups are made.
const (
	BackupDaily  = "daily"
	BackupWeekly = "weekly"
	BackupOff    = "off"
)

// Where backups are rehearsed.
const (
	DrillHere      = "here"
	DrillElsewhere = "elsewhere"
)

// The kinds of places that backups are kept at.
const (
	PlaceDir  = "dir"
	PlaceS3   = "s3"
	PlaceSFTP = "sftp"
)

// Backup says when backups are made, where they are kept and for how long.
type Backup struct {
	Every   string        `yaml:"every" env:"FORECOURT_BACKUP" doc:"daily, weekly or off; what the office chooses afterwards counts instead"`
	At      string        `yaml:"at" env:"FORECOURT_BACKUP_AT" doc:"time of day in the station's zone, 03:30"`
	Weekday string        `yaml:"weekday" env:"FORECOURT_BACKUP_WEEKDAY" doc:"day of weekly ones: sunday to saturday"`
	Drill   string        `yaml:"drill" env:"FORECOURT_BACKUP_DRILL" doc:"here: this hub restores its newest backup every night to prove it, with a key of its own for that; elsewhere: it keeps no key that opens backups, and another machine has to prove them"`
	Daily   int           `yaml:"keep_daily" env:"FORECOURT_BACKUP_KEEP_DAILY" doc:"how many days' last backups every place keeps"`
	Weekly  int           `yaml:"keep_weekly" env:"FORECOURT_BACKUP_KEEP_WEEKLY" doc:"how many weeks' last backups it keeps"`
	Monthly int           `yaml:"keep_monthly" env:"FORECOURT_BACKUP_KEEP_MONTHLY" doc:"how many months' last backups it keeps"`
	Log     time.Duration `yaml:"keep_log" env:"FORECOURT_BACKUP_KEEP_LOG" doc:"how far back any second can be restored to: how long the log of changes is kept"`
	Dir     string        `yaml:"dir" env:"FORECOURT_BACKUP_DIR" doc:"directory for backups if no places are listed; empty: backups under data, which is lost together with it"`
	Places  []BackupPlace `yaml:"places" doc:"where backups are kept; every place gets all of them"`
}

// BackupPlace is a place where backups are kept.
type BackupPlace struct {
	Name string `yaml:"name" doc:"what the place is called: small letters, digits and -"`
	Kind string `yaml:"kind" doc:"dir, s3 or sftp"`
	// Log is how often the log of changes goes there while there are any.
	Log  time.Duration `yaml:"log_every" doc:"how often what changed is sent there; empty: twice a second to a directory, every 10 seconds elsewhere"`
	Dir  string        `yaml:"dir" doc:"the directory, for kind dir: best on a disk of its own"`
	S3   BackupS3      `yaml:"s3" doc:"the bucket, for kind s3"`
	SFTP BackupSFTP    `yaml:"sftp" doc:"the server, for kind sftp"`
}

// BackupS3 is a bucket for backups.
type BackupS3 struct {
	Endpoint  string `yaml:"endpoint" doc:"host or host:port of the service, without https://"`
	Bucket    string `yaml:"bucket" doc:"the bucket; it must be there"`
	Prefix    string `yaml:"prefix" doc:"beginning of every key, such as forecourt/"`
	AccessKey string `yaml:"access_key" doc:"the access key's id"`
	SecretKey string `yaml:"secret_key" secret:"true" doc:"its secret"`
	Region    string `yaml:"region" doc:"the bucket's region; empty: the service is asked"`
	PathStyle bool   `yaml:"path_style" doc:"the bucket stands in the path and not in the host's name"`
	Insecure  bool   `yaml:"insecure" doc:"plain HTTP, for a service on this machine only"`
	LockDays  int    `yaml:"lock_days" doc:"for how many days nothing that was stored can be removed by anyone, if the bucket has object lock; 0: not at all"`
}

// BackupSFTP is a directory of an SSH server.
type BackupSFTP struct {
	Address  string `yaml:"address" doc:"host:port of the SSH server"`
	User     string `yaml:"user" doc:"who to sign in as"`
	Dir      string `yaml:"dir" doc:"the directory there"`
	HostKey  string `yaml:"host_key" doc:"the server's public key, ssh-ed25519 AAAA..., or its fingerprint, SHA256:..."`
	KeyFile  string `yaml:"key_file" doc:"file with the private key to sign in with"`
	Password string `yaml:"password" secret:"true" doc:"password to sign in with, if there is no key"`
}

// Bounds of the backups.
const (
	maxPlaces   = 8
	maxKeptSets = 400
	maxLockDays = 3650
	minLogEvery = 100 * time.Millisecond
	maxLogEvery = time.Hour
	// Twice a second loses half a second; a bucket is paid for by the request.
	dirLogEvery  = 500 * time.Millisecond
	farLogEvery  = 10 * time.Second
	minKeepLog   = 24 * time.Hour
	maxKeepLog   = 400 * 24 * time.Hour
	defaultPlace = "local"
)

func defaultBackup() Backup {
	return Backup{
		Every: BackupDaily, At: "03:30", Weekday: "sunday", Drill: DrillHere,
		Daily: 7, Weekly: 5, Monthly: 12, Log: 7 * 24 * time.Hour,
	}
}

var (
	placeName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,29}$`)
	timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// weekdays in the order of time.Weekday.
func weekdays() []string {
	return []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
}

// Day is the weekday of weekly backups.
func (b Backup) Day() time.Weekday { return time.Weekday(max(0, slices.Index(weekdays(), b.Weekday))) }

func (c *Config) checkBackup() error {
	b := c.Backup
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("backup."+format, args...)) }
	if !slices.Contains([]string{BackupDaily, BackupWeekly, BackupOff}, b.Every) {
		wrong("every: %q is not %s, %s or %s", b.Every, BackupDaily, BackupWeekly, BackupOff)
	}
	if !timeOfDay.MatchString(b.At) {
		wrong("at: %q is not a time of day such as 03:30", b.At)
	}
	if !slices.Contains(weekdays(), b.Weekday) {
		wrong("weekday: %q is not one of %s", b.Weekday, strings.Join(weekdays(), ", "))
	}
	if b.Drill != DrillHere && b.Drill != DrillElsewhere {
		wrong("drill: %q is neither %s nor %s", b.Drill, DrillHere, DrillElsewhere)
	}
	for key, n := range map[string]int{"keep_daily": b.Daily, "keep_weekly": b.Weekly, "keep_monthly": b.Monthly} {
		if n < 0 || n > maxKeptSets {
			wrong("%s: %d is not between 0 and %d", key, n, maxKeptSets)
		}
	}
	if b.Daily+b.Weekly+b.Monthly == 0 {
		wrong("keep_daily: something has to be kept")
	}
	if len(b.Places) > maxPlaces {
		wrong("places: %d are more than %d", len(b.Places), maxPlaces)
	}
	errs = append(errs, between("backup.keep_log", b.Log, minKeepLog, maxKeepLog))
	names := map[string]bool{}
	for _, p := range c.BackupPlaces() {
		errs = append(errs, p.check())
		if names[p.Name] {
			wrong("places: %q stands there twice", p.Name)
		}
		names[p.Name] = true
	}
	return errors.Join(errs...)
}

// BackupPlaces is where backups are kept: the places listed, or the one
// directory.
func (c *Config) BackupPlaces() []BackupPlace {
	places := slices.Clone(c.Backup.Places)
	if len(places) == 0 {
		dir := c.Backup.Dir
		if dir == "" {
			dir = filepath.Join(c.Data, "backups")
		}
		if whole, err := filepath.Abs(dir); err == nil {
			dir = whole
		}
		places = []BackupPlace{{Name: defaultPlace, Kind: PlaceDir, Dir: dir}}
	}
	for i, p := range places {
		switch {
		case p.Log != 0:
		case p.Kind == PlaceDir:
			places[i].Log = dirLogEvery
		default:
			places[i].Log = farLogEvery
		}
	}
	return places
}

func (p BackupPlace) check() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("backup.places, "+p.Name+": "+format, args...))
	}
	if !placeName.MatchString(p.Name) {
		return fmt.Errorf("backup.places: %q is not a name of small letters, digits and -", p.Name)
	}
	if p.Log < minLogEvery || p.Log > maxLogEvery {
		wrong("log_every: %v is not between %v and %v", p.Log, minLogEvery, maxLogEvery)
	}
	needed := map[string]string{}
	switch s, f := p.S3, p.SFTP; p.Kind {
	case PlaceDir:
		needed["dir"] = p.Dir
		if p.Dir != "" && !filepath.IsAbs(p.Dir) {
			wrong("dir: %q is not a path from the root", p.Dir)
		}
	case PlaceS3:
		needed["s3.endpoint"], needed["s3.bucket"], needed["s3.access_key"], needed["s3.secret_key"] = s.Endpoint, s.Bucket, s.AccessKey, s.SecretKey
		if strings.Contains(s.Endpoint, "/") {
			wrong("s3.endpoint: %q is not host or host:port", s.Endpoint)
		}
		if s.Insecure && !onThisMachine(s.Endpoint) {
			wrong("s3.insecure: is for a service on this machine only, such as 127.0.0.1:9000")
		}
		if s.LockDays < 0 || s.LockDays > maxLockDays {
			wrong("s3.lock_days: %d is not between 0 and %d", s.LockDays, maxLockDays)
		}
	case PlaceSFTP:
		needed["sftp.address"], needed["sftp.user"], needed["sftp.dir"], needed["sftp.host_key"] = f.Address, f.User, f.Dir, f.HostKey
		needed["sftp.key_file"] = f.KeyFile + f.Password
	default:
		wrong("kind: %q is not %s, %s or %s", p.Kind, PlaceDir, PlaceS3, PlaceSFTP)
	}
	for key, value := range needed {
		if value == "" {
			wrong("%s: is needed for kind %s", key, p.Kind)
		}
	}
	return errors.Join(errs...)
}

// BackupDir is where the hub keeps what it knows of its backups, and what is
// on its way to their places.
func (c *Config) BackupDir() string { return filepath.Join(c.Data, "backup") }

// RestoreDir is where a backup is restored beside the live data. It lies on
// the same disk, so that it can take that data's place by a rename.
func (c *Config) RestoreDir() string { return filepath.Join(c.Data, "restore") }

// BackupSealFile is the key that backups are signed with, wrapped.
func (c *Config) BackupSealFile() string { return filepath.Join(c.VaultDir(), "backup.key") }

// DrillKeyFile is the key that this hub opens its backups with to prove them.
func (c *Config) DrillKeyFile() string { return filepath.Join(c.VaultDir(), "drill.key") }

// AwayKeyFile is the public half of the key that is kept away.
func (c *Config) AwayKeyFile() string { return filepath.Join(c.VaultDir(), "backup.pub") }
