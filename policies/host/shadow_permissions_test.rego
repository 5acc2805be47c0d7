package drift.host.shadow_permissions_test

import data.drift.host.shadow_permissions

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
	found := shadow_permissions.deny with input as {
		"files": {
			"/etc/shadow": object.union(file, {"path": "/etc/shadow", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/shadow-": object.union(file, {"path": "/etc/shadow-", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/gshadow": object.union(file, {"path": "/etc/gshadow", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/gshadow-": object.union(file, {"path": "/etc/gshadow-", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/security/opasswd": object.union(file, {"path": "/etc/security/opasswd", "mode": "0640", "gid": 42, "group": "shadow"}),
		},
	}
	count(found) == 0
}

test_other_readers_are_denied if {
	found := shadow_permissions.deny with input as {
		"files": {
			"/etc/shadow": object.union(file, {"path": "/etc/shadow", "mode": "0644", "gid": 42, "group": "shadow"}),
			"/etc/shadow-": object.union(file, {"path": "/etc/shadow-", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/gshadow": object.union(file, {"path": "/etc/gshadow", "mode": "0640", "gid": 100, "group": "users"}),
			"/etc/gshadow-": object.union(file, {"path": "/etc/gshadow-", "mode": "0640", "gid": 42, "group": "shadow"}),
			"/etc/security/opasswd": object.union(file, {"path": "/etc/security/opasswd", "mode": "0640", "gid": 42, "group": "shadow"}),
		},
	}
	{denial.observed | some denial in found} == {"root:shadow 0644", "root:users 0640"}
}

test_without_shadow_it_is_not_applicable if {
	found := shadow_permissions.not_applicable with input as {
		"files": {
			"/etc/shadow": {"path": "/etc/shadow", "state": "absent"},
			"/etc/shadow-": {"path": "/etc/shadow-", "state": "absent"},
			"/etc/gshadow": {"path": "/etc/gshadow", "state": "absent"},
			"/etc/gshadow-": {"path": "/etc/gshadow-", "state": "absent"},
			"/etc/security/opasswd": {"path": "/etc/security/opasswd", "state": "absent"},
		},
	}
	found == {"there is neither /etc/shadow nor /etc/gshadow"}
}

test_with_one_of_both_files_it_applies if {
	found := shadow_permissions.not_applicable with input as {
		"files": {
			"/etc/shadow": {"path": "/etc/shadow", "state": "absent"},
			"/etc/gshadow": {"path": "/etc/gshadow", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := shadow_permissions.not_applicable with input as {
		"files": {
			"/etc/shadow": {"path": "/etc/shadow", "state": "present"},
			"/etc/gshadow": {"path": "/etc/gshadow", "state": "absent"},
		},
	}
	count(found) == 0
}

test_a_link_shadow_is_not_checked if {
	found := shadow_permissions.not_checked with input as {"files": {"/etc/shadow": object.union(file, {"path": "/etc/shadow", "type": "symlink", "link_target": "/srv/x"})}}
	found == {"what /etc/shadow leads to is not judged"}
}
