package drift.host.shadow_group_empty_test

import data.drift.host.shadow_group_empty

test_an_empty_group_passes if {
	found := shadow_group_empty.deny with input as {
		"accounts": {
			"users": {"a": {"gid": 7, "line": 1}},
			"groups": {"shadow": {"gid": 42, "members": [], "line": 9}},
		},
	}
	count(found) == 0
}

test_members_are_denied if {
	found := shadow_group_empty.deny with input as {
		"accounts": {
			"users": {"a": {"gid": 42, "line": 1}, "b": {"gid": 7, "line": 2}},
			"groups": {"shadow": {"gid": 42, "members": ["b"], "line": 9}},
		},
	}
	{denial.observed | some denial in found} == {"a", "b"}
}

test_another_line_of_the_group_is_denied if {
	found := shadow_group_empty.deny with input as {
		"accounts": {
			"users": {},
			"groups": {"shadow": {"gid": 42, "members": [], "line": 9}},
			"duplicates": [
				{"what": "gid", "value": "42", "lines": [9, 10]},
				{"what": "group", "value": "shadow", "lines": [9, 11]},
				{"what": "uid", "value": "42", "lines": [1, 2]},
				{"what": "gid", "value": "7", "lines": [3, 4]},
			],
		},
	}
	{denial.observed | some denial in found} == {"gid 42", "group shadow"}
}
