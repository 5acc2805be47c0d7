package drift.image.no_host_identity_test

import data.drift.image.no_host_identity

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

test_none_and_an_unset_machine_id_pass if {
	found := no_host_identity.deny with input as {
		"target": {"kind": "oci"},
		"files": {
			"/etc/machine-id": object.union(file, {"path": "/etc/machine-id", "size": 14}),
			"/var/lib/systemd/random-seed": object.union(file, {"size": 0}),
			"/etc/ssh/ssh_host_*_key": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/ssh/ssh_host_rsa_key", "size": 0})],
			},
			"/var/lib/dbus/machine-id": object.union(file, {"type": "symlink", "size": 40}),
		},
	}
	count(found) == 0
}

test_an_identity_is_denied if {
	found := no_host_identity.deny with input as {
		"target": {"kind": "oci"},
		"files": {
			"/etc/machine-id": object.union(file, {"path": "/etc/machine-id", "size": 33}),
			"/var/lib/systemd/random-seed": object.union(file, {"size": 512}),
			"/etc/ssh/ssh_host_*_key": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/ssh/ssh_host_rsa_key"})],
			},
			"/var/lib/dbus/machine-id": {"state": "absent"},
		},
	}
	{denial.observed | some denial in found} == {"a machine id", "a seed of random numbers", "a private SSH key of the host"}
}

test_a_live_host_is_not_denied if {
	found := no_host_identity.deny with input as {
		"target": {"kind": "host"},
		"files": {
			"/etc/machine-id": object.union(file, {"path": "/etc/machine-id", "size": 33}),
			"/var/lib/systemd/random-seed": object.union(file, {"size": 512}),
			"/etc/ssh/ssh_host_*_key": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/ssh/ssh_host_rsa_key"})],
			},
		},
	}
	count(found) == 0
}

test_a_live_host_is_not_applicable if {
	found := no_host_identity.not_applicable with input as {"target": {"kind": "host"}, "files": {}}
	found == {"the target is a host, which has an identity"}
}

test_nothing_there_passes if {
	found := no_host_identity.deny with input as {
		"target": {"kind": "oci"},
		"files": {
			"/etc/machine-id": object.union(file, {"path": "/etc/machine-id", "state": "absent", "type": null, "size": null}),
			"/var/lib/dbus/machine-id": object.union(file, {"path": "/var/lib/dbus/machine-id", "state": "absent", "type": null, "size": null}),
			"/var/lib/systemd/random-seed": object.union(file, {
				"path": "/var/lib/systemd/random-seed",
				"state": "absent",
				"type": null,
				"size": null,
			}),
			"/etc/ssh/ssh_host_*_key": {"state": "absent", "matches": []},
		},
	}
	count(found) == 0
}
