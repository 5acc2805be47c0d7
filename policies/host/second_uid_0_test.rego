package drift.host.second_uid_0_test

import data.drift.host.second_uid_0

test_root_alone_passes if {
	count(second_uid_0.deny) == 0 with input as {"accounts": {"users": {"root": {"uid": 0, "line": 1}}}}
}

test_a_second_one_is_denied if {
	some denial in second_uid_0.deny with input as {"accounts": {"users": {"root": {"uid": 0, "line": 1}, "toor": {"uid": 0, "line": 2}}}}
	denial.observed == "toor"
}
