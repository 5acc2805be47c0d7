package drift.host.passwd_permissions_test

import data.drift.host.passwd_permissions

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
	found := passwd_permissions.deny with input as {
		"files": {
			"/etc/passwd": object.union(file, {"path": "/etc/passwd", "mode": "0644"}),
			"/etc/passwd-": object.union(file, {"path": "/etc/passwd-", "mode": "0644"}),
			"/etc/group": object.union(file, {"path": "/etc/group", "mode": "0644"}),
			"/etc/group-": {"path": "/etc/group-", "state": "absent"},
			"/etc/shells": object.union(file, {"path": "/etc/shells", "mode": "0644"}),
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := passwd_permissions.deny with input as {
		"files": {
			"/etc/passwd": object.union(file, {"path": "/etc/passwd", "mode": "0666"}),
			"/etc/passwd-": object.union(file, {"path": "/etc/passwd-", "mode": "0644"}),
			"/etc/group": object.union(file, {"path": "/etc/group", "mode": "0644", "uid": 1, "user": "daemon"}),
			"/etc/group-": object.union(file, {"path": "/etc/group-", "mode": "0644"}),
			"/etc/shells": object.union(file, {"path": "/etc/shells", "mode": "0644", "gid": 50, "group": "staff"}),
		},
	}
	{denial.observed | some denial in found} == {"root:root 0666", "daemon:root 0644", "root:staff 0644"}
}

test_with_one_of_both_files_it_applies if {
	found := passwd_permissions.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := passwd_permissions.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
	}
	count(found) == 0
}

test_a_link_passwd_is_not_checked if {
	found := passwd_permissions.not_checked with input as {"files": {"/etc/passwd": object.union(file, {"path": "/etc/passwd", "type": "symlink", "link_target": "/srv/x"})}}
	found == {"what /etc/passwd leads to is not judged"}
}
