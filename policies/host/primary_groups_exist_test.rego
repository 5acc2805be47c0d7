package drift.host.primary_groups_exist_test

import data.drift.host.primary_groups_exist

test_a_known_group_passes if {
	found := primary_groups_exist.deny with input as {
		"accounts": {"users": {"a": {"gid": 7, "line": 1}}, "groups": {"g": {"gid": 7}}},
		"files": {"/etc/group": {"path": "/etc/group", "state": "present"}},
	}
	count(found) == 0
}

test_an_unknown_group_is_denied if {
	found := primary_groups_exist.deny with input as {
		"accounts": {"users": {"a": {"gid": 8, "line": 1}}, "groups": {"g": {"gid": 7}}},
		"files": {"/etc/group": {"path": "/etc/group", "state": "present"}},
	}
	{denial.observed | some denial in found} == {"a in group 8"}
}

test_without_groups_it_is_not_applicable if {
	found := primary_groups_exist.not_applicable with input as {
		"accounts": {"users": {"a": {"gid": 8, "line": 1}}, "groups": {}},
		"files": {"/etc/passwd": {"state": "present"}, "/etc/group": {"state": "absent"}},
	}
	found == {"there is no /etc/group"}
}

test_without_groups_nothing_is_denied if {
	found := primary_groups_exist.deny with input as {
		"accounts": {"users": {"a": {"gid": 8, "line": 1}}, "groups": {}},
		"files": {"/etc/group": {"state": "absent"}},
	}
	count(found) == 0
}
