package drift.immutability.complete_test

import data.drift.immutability.complete

seen(problems, not_compared, unknown) := {
	"problems": problems,
	"coverage": {"not_compared": not_compared, "attributes_not_compared": unknown},
}

test_all_seen_passes if {
	count(complete.deny) == 0 with input as seen([], 0, [])
}

test_each_gap_is_denied if {
	some denial in complete.deny with input as seen([{"path": "/x", "reason": "permission denied", "stage": "open"}], 0, [])
	denial.path == "/x"
	count(complete.deny) == 1 with input as seen([], 2, [])
	count(complete.deny) == 1 with input as seen([], 0, ["colour"])
}
