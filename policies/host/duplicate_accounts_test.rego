package drift.host.duplicate_accounts_test

import data.drift.host.duplicate_accounts

test_none_passes if {
	found := duplicate_accounts.deny with input as {"accounts": {"users": {}, "groups": {}, "duplicates": []}}
	count(found) == 0
}

test_each_is_denied if {
	found := duplicate_accounts.deny with input as {
		"accounts": {
			"users": {},
			"groups": {},
			"duplicates": [
				{"what": "uid", "value": "0", "lines": [1, 7]},
				{"what": "group", "value": "adm", "lines": [2, 9]},
			],
		},
	}
	{denial.observed | some denial in found} == {"uid 0", "group adm"}
}

test_with_one_of_both_files_it_applies if {
	found := duplicate_accounts.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := duplicate_accounts.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
	}
	count(found) == 0
}
