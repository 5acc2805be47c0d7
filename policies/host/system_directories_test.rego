package drift.host.system_directories_test

import data.drift.host.system_directories

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
	found := system_directories.deny with input as {
		"files": {
			"/": object.union(file, {"path": "/", "type": "directory"}),
			"/bin": object.union(file, {"path": "/bin", "type": "symlink", "mode": "0777"}),
			"/usr": object.union(file, {"path": "/usr", "type": "directory"}),
			"/boot": {"path": "/boot", "state": "absent"},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := system_directories.deny with input as {
		"files": {
			"/": object.union(file, {"path": "/", "type": "directory", "mode": "0777"}),
			"/usr/local/bin": object.union(file, {"path": "/usr/local/bin", "type": "directory", "uid": 1000, "user": "ann"}),
		},
	}
	{denial.observed | some denial in found} == {"root:root 0777", "ann:root 0755"}
}
