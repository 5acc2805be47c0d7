package drift.image.no_build_tools_test

import data.drift.image.no_build_tools

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

test_allowed_ones_pass if {
	found := no_build_tools.deny with input as {
		"files": {
			"/usr/bin/gcc": object.union(file, {"path": "/usr/bin/gcc", "state": "absent", "type": null}),
			"/usr/bin/make": object.union(file, {"path": "/usr/bin/make", "type": "directory"}),
			"/usr/bin/ld": object.union(file, {"path": "/usr/bin/ld"}),
		},
	}
		with data.params.build_tools_allowed as ["/usr/bin/ld"]
	count(found) == 0
}

test_others_are_denied if {
	found := no_build_tools.deny with input as {
		"files": {
			"/usr/bin/gcc": object.union(file, {"path": "/usr/bin/gcc", "package": "gcc"}),
			"/usr/bin/gcc-[0-9]*": {"state": "present", "matches": [object.union(file, {"path": "/usr/bin/gcc-12"})]},
		},
	}
		with data.params.build_tools_allowed as []
	{denial.observed | some denial in found} == {"a build tool"}
}
