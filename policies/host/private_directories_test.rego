package drift.host.private_directories_test

import data.drift.host.private_directories

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

test_private_ones_pass if {
	found := private_directories.deny with input as {
		"files": {
			"/root": object.union(file, {"path": "/root", "type": "directory", "mode": "0700"}),
			"/root/.ssh": object.union(file, {"path": "/root/.ssh", "type": "directory", "mode": "0700"}),
			"/etc/ssl/private": object.union(file, {"path": "/etc/ssl/private", "type": "directory", "mode": "0710"}),
			"/var/cache/ldconfig": object.union(file, {"path": "/var/cache/ldconfig", "type": "directory", "mode": "0700"}),
			"/var/lib/private": object.union(file, {"path": "/var/lib/private", "type": "directory", "mode": "0700"}),
			"/var/spool/cron/crontabs": object.union(file, {"path": "/var/spool/cron/crontabs", "type": "directory", "mode": "1730"}),
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := private_directories.deny with input as {
		"files": {
			"/root": object.union(file, {"path": "/root", "type": "directory", "mode": "0755"}),
			"/root/.ssh": object.union(file, {"path": "/root/.ssh", "type": "directory", "mode": "0700"}),
			"/etc/ssl/private": object.union(file, {"path": "/etc/ssl/private", "type": "directory", "mode": "0710"}),
			"/var/cache/ldconfig": object.union(file, {"path": "/var/cache/ldconfig", "type": "directory", "mode": "0700"}),
			"/var/lib/private": object.union(file, {"path": "/var/lib/private", "type": "directory", "mode": "0700"}),
			"/var/spool/cron/crontabs": object.union(file, {"path": "/var/spool/cron/crontabs", "type": "directory", "mode": "1777"}),
		},
	}
	{denial.observed | some denial in found} == {"root:root 0755", "root:root 1777"}
}

test_without_any_it_is_not_applicable if {
	found := private_directories.not_applicable with input as {
		"files": {
			"/root": {"path": "/root", "state": "absent"},
			"/root/.ssh": {"path": "/root/.ssh", "state": "absent"},
			"/etc/ssl/private": {"path": "/etc/ssl/private", "state": "absent"},
			"/var/cache/ldconfig": {"path": "/var/cache/ldconfig", "state": "absent"},
			"/var/lib/private": {"path": "/var/lib/private", "state": "absent"},
			"/var/spool/cron/crontabs": {"path": "/var/spool/cron/crontabs", "state": "absent"},
		},
	}
	found == {"none of these directories exists"}
}

test_with_one_it_applies if {
	found := private_directories.not_applicable with input as {"files": {"/root": {"state": "present"}, "/root/.ssh": {"state": "absent"}}}
	count(found) == 0
}
