package drift.host.unowned_executables_test

import data.drift.host.unowned_executables

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

test_elsewhere_allowed_or_sealed_ones_pass if {
	found := unowned_executables.deny with input as {
		"lists": {
			"unowned": [
				object.union(file, {"path": "/opt/x"}),
				object.union(file, {"path": "/usr/bin/ok"}),
				object.union(file, {"path": "/usr/bin/agent", "in_baseline": true}),
			],
		},
	}
		with data.params.command_directories as ["/usr/bin", "/usr/local/bin"]
		with data.params.unowned_allowed as ["/usr/bin/ok"]
	count(found) == 0
}

test_others_are_denied if {
	found := unowned_executables.deny with input as {
		"lists": {
			"unowned": [
				object.union(file, {"path": "/usr/local/bin/x", "in_baseline": false}),
				object.union(file, {"path": "/usr/bin/y", "mode": "0700"}),
			],
		},
	}
		with data.params.command_directories as ["/usr/bin", "/usr/local/bin"]
		with data.params.unowned_allowed as ["/usr/bin/ok"]
	{denial.observed | some denial in found} == {"root:root 0755, of no package", "root:root 0700, of no package"}
}

linked(path, target) := {
	"lists": {"unowned": []},
	"files": {path: object.union(file, {"path": path, "type": "symlink", "link_target": target})},
}

test_a_directory_that_leads_elsewhere_is_denied if {
	every path in ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"] {
		found := unowned_executables.deny with input as linked(path, "/opt/x")
			with data.params.command_directories as ["/usr/bin"]
			with data.params.unowned_allowed as []
		{denial.observed | some denial in found} == {"a link to /opt/x"}
	}
}

test_a_merged_usr_passes if {
	found := unowned_executables.deny with input as linked("/bin", "usr/bin")
		with data.params.command_directories as ["/usr/bin"]
		with data.params.unowned_allowed as []
	count(found) == 0
}
