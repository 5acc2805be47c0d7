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

test_messages_of_the_day_are_programs if {
	found := what_root_runs.deny with input as {"files": {"/etc/update-motd.d/*": {"state": "present", "matches": [object.union(file, {"mode": "0777"})]}}}
	{denial.observed | some denial in found} == {"root:root 0777"}
}

units(links) := {"files": {"/etc/systemd/system/**": {"state": "present", "matches": links}}}

unit(name, target) := object.union(file, {"path": concat("/", ["/etc/systemd/system", name]), "type": "symlink", "mode": "0777", "link_target": target})

test_links_of_systemd_pass if {
	found := what_root_runs.not_checked with input as units([
		unit("a.wants/x.service", "/lib/systemd/system/x.service"),
		unit("y.service", "/usr/lib/systemd/system/y.service"),
		unit("z.service", "/dev/null"),
		unit("a.wants/own.service", "/etc/systemd/system/own.service"),
		unit("b.wants/own.service", "../own.service"),
		object.union(file, {"path": "/etc/systemd/system/own.service"}),
	])
	count(found) == 0
}

test_links_to_elsewhere_are_not_checked if {
	every target in ["/home/ann/x", "/lib/../home/x", "x.service", "../x.service", "/dev/null/../../tmp/x"] {
		found := what_root_runs.not_checked with input as units([unit("y.service", target)])
		found == {"what /etc/systemd/system/y.service leads to is not judged"}
	}
}
