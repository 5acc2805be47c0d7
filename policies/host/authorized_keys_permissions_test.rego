package drift.host.authorized_keys_permissions_test

import data.drift.host.authorized_keys_permissions

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

test_its_own_passes if {
	found := authorized_keys_permissions.deny with input as {
		"accounts": {
			"users": {
				"ann": {
					"uid": 1000,
					"authorized_keys": [
						object.union(file, {"path": "/home/ann/.ssh/authorized_keys", "mode": "0600", "uid": 1000}),
					],
				},
			},
			"groups": {},
		},
	}
	count(found) == 0
}

test_another_owner_and_another_writer_are_denied if {
	found := authorized_keys_permissions.deny with input as {
		"accounts": {
			"users": {
				"ann": {
					"uid": 1000,
					"authorized_keys": [
						object.union(file, {"mode": "0600", "uid": 33, "user": "www-data"}),
						object.union(file, {"mode": "0664", "uid": 1000, "user": "ann"}),
					],
				},
			},
			"groups": {},
		},
	}
	{denial.observed | some denial in found} == {"www-data:root 0600", "ann:root 0664"}
}

test_an_unknown_mode_is_not_checked if {
	found := authorized_keys_permissions.not_checked with input as {
		"accounts": {
			"users": {"ann": {"uid": 1000, "authorized_keys": [object.union(file, {"mode": null})]}},
			"groups": {},
		},
	}
	found == {"the owner or the permissions of /usr/bin/x are not known"}
}

test_a_link_is_not_checked if {
	link := object.union(file, {"path": "/k", "type": "symlink", "link_target": "/srv/keys"})
	found := authorized_keys_permissions.not_checked with input as {"accounts": {"users": {"ann": {"uid": 1000, "authorized_keys": [link]}}}}
	found == {"what /k leads to is not judged"}
}
