package drift.host.passwords_shadowed_test

import data.drift.host.passwords_shadowed

test_in_shadow_it_passes if {
	found := passwords_shadowed.deny with input as {
		"accounts": {
			"users": {
				"a": {"password": "set", "line": 1, "shadow_line": 1},
				"b": {"password": "locked", "line": 2, "shadow_line": null},
			},
			"groups": {},
		},
	}
	count(found) == 0
}

test_in_passwd_it_is_denied if {
	found := passwords_shadowed.deny with input as {
		"accounts": {"users": {"a": {"password": "set", "line": 1, "shadow_line": null}}, "groups": {}},
	}
	{denial.observed | some denial in found} == {"a password of a"}
}
