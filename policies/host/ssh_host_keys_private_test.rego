package drift.host.ssh_host_keys_private_test

import data.drift.host.ssh_host_keys_private

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
	found := ssh_host_keys_private.deny with input as {
		"files": {
			"/etc/ssh/ssh_host_*_key": {
				"state": "present",
				"matches": [
					object.union(file, {"path": "/etc/ssh/ssh_host_rsa_key", "mode": "0600"}),
					object.union(file, {
						"path": "/etc/ssh/ssh_host_ed25519_key",
						"mode": "0640",
						"gid": 9,
						"group": "ssh_keys",
					}),
				],
			},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := ssh_host_keys_private.deny with input as {
		"files": {
			"/etc/ssh/ssh_host_*_key": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/ssh/ssh_host_rsa_key", "mode": "0644"})],
			},
		},
	}
	{denial.observed | some denial in found} == {"root:root 0644"}
}

test_without_keys_it_is_not_applicable if {
	found := ssh_host_keys_private.not_applicable with input as {"files": {"/etc/ssh/ssh_host_*_key": {"state": "present", "matches": []}}}
	found == {"there is no private SSH key of the host"}
}

accounted(members, gid) := {
	"files": {"/etc/ssh/ssh_host_*_key": {"state": "present", "matches": [object.union(file, {"mode": "0640", "gid": 9, "group": "ssh_keys"})]}},
	"accounts": {"users": {"ann": {"gid": gid}}, "groups": {"ssh_keys": {"gid": 9, "members": members}}},
}

test_a_group_of_somebody_is_no_protection if {
	member := ssh_host_keys_private.deny with input as accounted(["ann"], 7)
	{denial.observed | some denial in member} == {"root:ssh_keys 0640"}
	first := ssh_host_keys_private.deny with input as accounted([], 9)
	{denial.observed | some denial in first} == {"root:ssh_keys 0640"}
	nobody := ssh_host_keys_private.deny with input as accounted([], 7)
	count(nobody) == 0
}
