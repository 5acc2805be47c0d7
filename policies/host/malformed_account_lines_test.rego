package drift.host.malformed_account_lines_test

import data.drift.host.malformed_account_lines

test_none_passes if {
	found := malformed_account_lines.deny with input as {"accounts": {"users": {}, "groups": {}, "malformed": []}}
	count(found) == 0
}

test_each_is_denied if {
	found := malformed_account_lines.deny with input as {
		"accounts": {
			"users": {},
			"groups": {},
			"malformed": [{"file": "/etc/passwd", "line": 3, "reason": "it has 5 fields"}],
		},
	}
	{denial.observed | some denial in found} == {"it has 5 fields"}
}
