package drift.host.second_uid_0_test

import data.drift.host.second_uid_0

test_root_alone_passes if {
	found := second_uid_0.deny with input as {
		"accounts": {
			"users": {"root": {"uid": 0, "line": 1}, "daemon": {"uid": 1, "line": 2}},
			"groups": {},
		},
	}
	count(found) == 0
}

test_a_second_one_is_denied if {
	found := second_uid_0.deny with input as {
		"accounts": {"users": {"root": {"uid": 0, "line": 1}, "toor": {"uid": 0, "line": 2}}, "groups": {}},
	}
	{denial.observed | some denial in found} == {"toor"}
}

test_without_passwd_it_is_not_applicable if {
	found := second_uid_0.not_applicable with input as {"files": {"/etc/passwd": {"path": "/etc/passwd", "state": "absent"}}}
	found == {"there is no /etc/passwd"}
}
