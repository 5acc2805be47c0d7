package drift.host.gid_0_of_root_alone_test

import data.drift.host.gid_0_of_root_alone

test_root_alone_passes if {
	found := gid_0_of_root_alone.deny with input as {
		"accounts": {
			"users": {"root": {"gid": 0, "line": 1}, "sync": {"gid": 0, "line": 2}},
			"groups": {"root": {"gid": 0, "line": 1}},
		},
	}
		with data.params.gid_0_allowed as ["root", "sync"]
	count(found) == 0
}

test_another_account_is_denied if {
	found := gid_0_of_root_alone.deny with input as {
		"accounts": {
			"users": {
				"root": {"gid": 0, "line": 1},
				"web": {"gid": 0, "line": 2},
				"ann": {"gid": 7, "line": 3},
			},
			"groups": {},
		},
	}
		with data.params.gid_0_allowed as ["root", "sync"]
	{denial.observed | some denial in found} == {"web"}
}

test_another_group_is_denied if {
	found := gid_0_of_root_alone.deny with input as {
		"accounts": {
			"users": {},
			"groups": {
				"root": {"gid": 0, "line": 1},
				"wheel": {"gid": 0, "line": 2},
				"adm": {"gid": 4, "line": 3},
			},
		},
	}
		with data.params.gid_0_allowed as ["root", "sync"]
	{denial.observed | some denial in found} == {"wheel"}
}

test_root_in_another_group_is_denied if {
	found := gid_0_of_root_alone.deny with input as {"accounts": {"users": {"root": {"gid": 5, "line": 1}}, "groups": {}}}
		with data.params.gid_0_allowed as ["root", "sync"]
	{denial.observed | some denial in found} == {"5"}
}

test_without_either_file_it_is_not_applicable if {
	found := gid_0_of_root_alone.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
	}
	found == {"there is neither /etc/passwd nor /etc/group"}
}

test_with_one_of_both_files_it_applies if {
	found := gid_0_of_root_alone.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
	}
	count(found) == 0
}

test_with_the_other_file_it_applies if {
	found := gid_0_of_root_alone.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
	}
	count(found) == 0
}

test_root_needs_no_leave if {
	found := gid_0_of_root_alone.deny with input as {"accounts": {"users": {"root": {"gid": 0, "line": 1}}, "groups": {}}}
		with data.params.gid_0_allowed as []
	count(found) == 0
}

test_members_are_denied if {
	groups := {"root": {"gid": 0, "line": 1, "members": ["root", "sync", "ann"]}, "adm": {"gid": 4, "line": 2, "members": ["bob"]}}
	found := gid_0_of_root_alone.deny with input as {"accounts": {"users": {}, "groups": groups}}
		with data.params.gid_0_allowed as ["sync"]
	{denial.observed | some denial in found} == {"ann"}
}
