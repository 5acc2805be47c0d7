package drift.host.accounts_without_shell_locked_test

import data.drift.host.accounts_without_shell_locked

test_locked_ones_and_people_pass if {
	found := accounts_without_shell_locked.deny with input as {
		"accounts": {
			"users": {
				"mail": {"login": false, "password": "locked", "line": 1},
				"ann": {"login": true, "password": "set", "line": 2},
			},
			"groups": {},
		},
	}
	count(found) == 0
}

test_a_password_is_denied if {
	found := accounts_without_shell_locked.deny with input as {
		"accounts": {"users": {"mail": {"login": false, "password": "set", "line": 1}}, "groups": {}},
	}
	{denial.observed | some denial in found} == {"mail with a password"}
}

test_an_unreadable_shadow_is_not_checked if {
	found := accounts_without_shell_locked.not_checked with input as {
		"accounts": {
			"users": {
				"mail": {"login": false, "password": "unreadable", "line": 1},
				"ann": {"login": true, "password": "set", "line": 2},
			},
			"groups": {},
		},
	}
	found == {"the password of mail could not be read"}
}
