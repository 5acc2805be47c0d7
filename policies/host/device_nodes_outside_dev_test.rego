package drift.host.device_nodes_outside_dev_test

import data.drift.host.device_nodes_outside_dev

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
	found := device_nodes_outside_dev.deny with input as {"lists": {"devices": [object.union(file, {"path": "/srv/jail/dev/null", "type": "char"})]}}
		with data.params.devices_allowed as ["/srv/jail/dev"]
	count(found) == 0
}

test_others_are_denied if {
	found := device_nodes_outside_dev.deny with input as {
		"lists": {"devices": [object.union(file, {"path": "/var/x", "type": "block", "mode": "0666"})]},
	}
		with data.params.devices_allowed as []
	{denial.observed | some denial in found} == {"block device root:root 0666"}
}
