package drift.host.sudoers_permissions_test

import data.drift.host.sudoers_permissions

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
	found := sudoers_permissions.deny with input as {
		"files": {
			"/etc/sudoers": object.union(file, {"path": "/etc/sudoers", "mode": "0440"}),
			"/etc/sudoers.d": object.union(file, {"path": "/etc/sudoers.d", "type": "directory", "mode": "0750"}),
			"/etc/sudoers.d/*": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/sudoers.d/x", "mode": "0440"})],
			},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := sudoers_permissions.deny with input as {
		"files": {
			"/etc/sudoers": object.union(file, {"path": "/etc/sudoers", "mode": "0446"}),
			"/etc/sudoers.d": object.union(file, {"path": "/etc/sudoers.d", "type": "directory", "mode": "0750"}),
			"/etc/sudoers.d/*": {
				"state": "present",
				"matches": [
					object.union(file, {"path": "/etc/sudoers.d/x", "mode": "0440", "uid": 1000, "user": "ann"}),
				],
			},
		},
	}
	{denial.observed | some denial in found} == {"root:root 0446", "ann:root 0440"}
}

test_without_sudo_it_is_not_applicable if {
	found := sudoers_permissions.not_applicable with input as {
		"files": {
			"/etc/sudoers": {"state": "absent"},
			"/etc/sudoers.d": {"state": "absent"},
			"/etc/sudoers.d/*": {"state": "absent", "matches": []},
		},
	}
	found == {"sudo is not configured: there is no /etc/sudoers"}
}

test_with_one_of_both_files_it_applies if {
	found := sudoers_permissions.not_applicable with input as {
		"files": {
			"/etc/sudoers": {"path": "/etc/sudoers", "state": "absent"},
			"/etc/sudoers.d": {"path": "/etc/sudoers.d", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := sudoers_permissions.not_applicable with input as {
		"files": {
			"/etc/sudoers": {"path": "/etc/sudoers", "state": "present"},
			"/etc/sudoers.d": {"path": "/etc/sudoers.d", "state": "absent"},
		},
	}
	count(found) == 0
}

test_a_link_sudoers_d_is_not_checked if {
	found := sudoers_permissions.not_checked with input as {"files": {"/etc/sudoers.d": object.union(file, {"path": "/etc/sudoers.d", "type": "symlink", "link_target": "/srv/x"})}}
	found == {"what /etc/sudoers.d leads to is not judged"}
}

test_a_link_sudoers_is_not_checked if {
	found := sudoers_permissions.not_checked with input as {"files": {"/etc/sudoers": object.union(file, {"path": "/etc/sudoers", "type": "symlink", "link_target": "/srv/x"})}}
	found == {"what /etc/sudoers leads to is not judged"}
}
