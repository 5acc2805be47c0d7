package drift.host.capabilities_allowed_test

import data.drift.host.capabilities_allowed

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

test_a_listed_one_passes if {
	found := capabilities_allowed.deny with input as {
		"lists": {
			"capabilities": [
				object.union(file, {
					"path": "/usr/bin/ping",
					"capability": "cap_net_raw=ep",
					"package": "iputils-ping",
				}),
			],
		},
	}
		with data.params.capabilities_allowed as {"/usr/bin/ping": "cap_net_raw=ep"}
	count(found) == 0
}

test_another_capability_is_denied if {
	found := capabilities_allowed.deny with input as {
		"lists": {
			"capabilities": [
				object.union(file, {
					"path": "/usr/bin/ping",
					"capability": "cap_sys_admin=ep",
					"package": "iputils-ping",
				}),
			],
		},
	}
		with data.params.capabilities_allowed as {"/usr/bin/ping": "cap_net_raw=ep"}
	{denial.observed | some denial in found} == {"cap_sys_admin=ep"}
}

test_another_program_is_denied if {
	found := capabilities_allowed.deny with input as {
		"lists": {
			"capabilities": [
				object.union(file, {"path": "/usr/bin/python3", "capability": "cap_setuid=ep", "package": null}),
			],
		},
	}
		with data.params.capabilities_allowed as {"/usr/bin/ping": "cap_net_raw=ep"}
	{denial.observed | some denial in found} == {"cap_setuid=ep"}
}

test_a_listed_one_of_no_package_is_denied if {
	found := capabilities_allowed.deny with input as {
		"lists": {
			"capabilities": [
				object.union(file, {"path": "/usr/bin/ping", "capability": "cap_net_raw=ep", "package": null}),
			],
		},
	}
		with data.params.capabilities_allowed as {"/usr/bin/ping": "cap_net_raw=ep"}
	{denial.observed | some denial in found} == {"cap_net_raw=ep, of no package that was read"}
}
