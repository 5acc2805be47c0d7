package drift.host.authorized_keys_of_system_accounts_test

import data.drift.host.authorized_keys_of_system_accounts

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

test_those_of_people_pass if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {
				"ann": {
					"uid": 1000,
					"system": false,
					"login": true,
					"authorized_keys": [
						object.union(file, {"path": "/home/ann/.ssh/authorized_keys", "uid": 1000}),
					],
				},
			},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as false
		with data.params.system_keys_allowed as []
	count(found) == 0
}

test_those_of_root_are_denied if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {
				"root": {
					"uid": 0,
					"system": true,
					"login": true,
					"authorized_keys": [object.union(file, {"path": "/root/.ssh/authorized_keys"})],
				},
			},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as false
		with data.params.system_keys_allowed as []
	{denial.observed | some denial in found} == {"authorized keys of root"}
}

test_those_of_root_can_be_allowed if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {
				"root": {
					"uid": 0,
					"system": true,
					"login": true,
					"authorized_keys": [object.union(file, {"path": "/root/.ssh/authorized_keys"})],
				},
			},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as true
		with data.params.system_keys_allowed as []
	count(found) == 0
}

test_root_allowed_is_not_others_allowed if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {
				"mail": {
					"uid": 8,
					"system": true,
					"login": false,
					"authorized_keys": [object.union(file, {"path": "/var/mail/.ssh/authorized_keys"})],
				},
			},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as true
		with data.params.system_keys_allowed as []
	{denial.observed | some denial in found} == {"authorized keys of mail"}
}

test_an_account_can_be_allowed if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {"git": {"uid": 8, "system": true, "login": true, "authorized_keys": [file]}},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as false
		with data.params.system_keys_allowed as ["git"]
	count(found) == 0
}

test_an_empty_file_passes if {
	found := authorized_keys_of_system_accounts.deny with input as {
		"accounts": {
			"users": {
				"root": {
					"uid": 0,
					"system": true,
					"login": true,
					"authorized_keys": [object.union(file, {"size": 0})],
				},
			},
			"groups": {},
		},
	}
		with data.params.root_keys_allowed as false
		with data.params.system_keys_allowed as []
	count(found) == 0
}
