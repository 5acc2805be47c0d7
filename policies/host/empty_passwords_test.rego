package drift.host.empty_passwords_test

import data.drift.host.empty_passwords

test_set_and_locked_pass if {
	found := empty_passwords.deny with input as {
		"accounts": {
			"users": {
				"a": {"password": "set", "line": 1, "shadow_line": 1},
				"b": {"password": "locked", "line": 2, "shadow_line": 2},
				"c": {"password": "shadowed-but-missing", "line": 3, "shadow_line": null},
			},
			"groups": {},
		},
	}
	count(found) == 0
}

test_in_shadow_and_in_passwd_it_is_denied if {
	found := empty_passwords.deny with input as {
		"accounts": {
			"users": {
				"a": {"password": "empty", "line": 1, "shadow_line": 4},
				"b": {"password": "empty", "line": 2, "shadow_line": null},
			},
			"groups": {},
		},
	}
	{denial.observed | some denial in found} == {"a has an empty password", "b has an empty password"}
}

test_an_unreadable_shadow_is_not_checked if {
	found := empty_passwords.not_checked with input as {
		"accounts": {
			"users": {
				"a": {"password": "unreadable", "line": 1, "shadow_line": null},
				"b": {"password": "locked", "line": 2, "shadow_line": null},
			},
			"groups": {},
		},
	}
	found == {"the password of a could not be read"}
}
