package drift.image.no_package_caches_test

import data.drift.image.no_package_caches

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

test_directories_and_empty_files_pass if {
	found := no_package_caches.deny with input as {
		"files": {
			"/var/lib/apt/lists/*": {
				"state": "present",
				"matches": [
					object.union(file, {"path": "/var/lib/apt/lists/partial", "type": "directory"}),
					object.union(file, {"path": "/var/lib/apt/lists/lock", "size": 0}),
				],
			},
		},
	}
	count(found) == 0
}

test_files_are_denied if {
	found := no_package_caches.deny with input as {
		"files": {
			"/var/lib/apt/lists/*": {
				"state": "present",
				"matches": [object.union(file, {"path": "/var/lib/apt/lists/x_Packages"})],
			},
			"/root/.cache/**": {
				"state": "present",
				"matches": [object.union(file, {"path": "/root/.cache/pip/x"})],
			},
		},
	}
	{denial.observed | some denial in found} == {"a package list of apt", "a cache of a language's packages"}
}
