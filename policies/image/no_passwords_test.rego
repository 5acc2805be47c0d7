package drift.image.no_passwords_test

import data.drift.image.no_passwords

test_locked_ones_pass if {
	found := no_passwords.deny with input as {
		"target": {"kind": "oci"},
		"accounts": {"users": {"root": {"password": "locked", "line": 1}}, "groups": {}},
	}
	count(found) == 0
}

test_passwords_are_denied if {
	found := no_passwords.deny with input as {
		"target": {"kind": "oci"},
		"accounts": {
			"users": {
				"root": {"password": "set", "line": 1},
				"a": {"password": "empty", "line": 2},
				"b": {"password": "locked", "line": 3},
			},
			"groups": {},
		},
	}
	{denial.observed | some denial in found} == {"root with a password", "a with an empty password"}
}

test_a_live_host_is_not_applicable if {
	found := no_passwords.not_applicable with input as {
		"target": {"kind": "host"},
		"accounts": {"users": {"root": {"password": "locked", "line": 1}}, "groups": {}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	found == {"the target is a host, whose accounts may have passwords"}
}

test_a_live_host_is_not_denied if {
	found := no_passwords.deny with input as {
		"target": {"kind": "host"},
		"accounts": {"users": {"root": {"password": "set", "line": 1}}, "groups": {}},
	}
	count(found) == 0
}

test_an_unreadable_shadow_is_not_checked if {
	found := no_passwords.not_checked with input as {
		"accounts": {
			"users": {"a": {"password": "unreadable", "line": 1}, "b": {"password": "locked", "line": 2}},
			"groups": {},
		},
	}
	found == {"the password of a could not be read"}
}
