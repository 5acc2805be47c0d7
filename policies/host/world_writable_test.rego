package drift.host.world_writable_test

import data.drift.host.world_writable

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

test_sockets_devices_and_allowed_ones_pass if {
	found := world_writable.deny with input as {
		"lists": {
			"world_writable": [
				object.union(file, {"path": "/run/s", "type": "socket", "mode": "0666"}),
				object.union(file, {"path": "/dev/null", "type": "char", "mode": "0666"}),
				object.union(file, {"path": "/srv/drop", "type": "directory", "mode": "0777"}),
			],
		},
	}
		with data.params.world_writable_allowed as ["/srv/drop"]
	count(found) == 0
}

test_files_directories_and_disks_are_denied if {
	found := world_writable.deny with input as {
		"lists": {
			"world_writable": [
				object.union(file, {"path": "/etc/x", "mode": "0666"}),
				object.union(file, {"path": "/srv/y", "type": "directory", "mode": "0777"}),
				object.union(file, {"path": "/dev/sda", "type": "block", "mode": "0662"}),
			],
		},
	}
		with data.params.world_writable_allowed as ["/srv/drop"]
	{denial.observed | some denial in found} == {"root:root 0666", "root:root 0777", "root:root 0662"}
}
