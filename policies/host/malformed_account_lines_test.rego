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

test_with_one_of_both_files_it_applies if {
	found := malformed_account_lines.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := malformed_account_lines.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
	}
	count(found) == 0
}
