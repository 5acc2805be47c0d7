package drift.host.what_root_runs_test

import data.drift.host.what_root_runs

file := {
	"path": "/usr/bin/x",
	"state": "present",
	"type": "file",
	"mode": "0755",
	"uid": 0,
	"gid": 0,
	"user": "root",
	"group": "root",
	"size": 1,
	"setuid": false,
	"setgid": false,
	"package": null,
	"layer": null,
	"in_baseline": null,
	"capability": null,
}

test_the_usual_ones_pass if {
	found := what_root_runs.deny with input as {
		"files": {
			"/etc/crontab": object.union(file, {"path": "/etc/crontab", "mode": "0644"}),
			"/etc/cron.daily/*": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/cron.daily/dpkg"})],
			},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := what_root_runs.deny with input as {
		"files": {
			"/etc/crontab": object.union(file, {"path": "/etc/crontab", "mode": "0664", "gid": 50, "group": "staff"}),
			"/etc/systemd/system/**": {
				"state": "present",
				"matches": [
					object.union(file, {"path": "/etc/systemd/system/x.service", "uid": 33, "user": "www-data"}),
				],
			},
		},
	}
	{denial.observed | some denial in found} == {"root:staff 0664", "www-data:root 0755"}
}
