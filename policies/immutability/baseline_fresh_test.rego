package drift.immutability.baseline_fresh_test

import data.drift.immutability.baseline_fresh

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_a_new_one_passes if {
	count(baseline_fresh.deny) == 0 with input as sealed({"created": "2026-01-01T00:00:00Z"}, "2026-01-11T00:00:00Z")
		with data.params.max_baseline_age_days as 10
}

test_an_old_one_is_denied if {
	some denial in baseline_fresh.deny with input as sealed({"created": "2026-01-01T00:00:00Z"}, "2026-01-11T00:00:01Z")
		with data.params.max_baseline_age_days as 10
	denial.observed == "sealed 2026-01-01T00:00:00Z"
}

test_the_oldest_part_counts if {
	parts := [{"file": "base.drift", "created": "2025-01-01T00:00:00Z"}, {"file": "app.drift", "created": "2026-01-01T00:00:00Z"}]
	some denial in baseline_fresh.deny with input as sealed({"composed_of": parts}, "2026-01-02T00:00:00Z")
		with data.params.max_baseline_age_days as 10
	denial.message == "base.drift"
}

test_without_a_time_it_is_not_checked if {
	count(baseline_fresh.not_checked) == 1 with input as sealed({"created": "yesterday"}, "2026-01-02T00:00:00Z")
		with data.params.max_baseline_age_days as 10
}

test_without_a_baseline_it_is_not_checked if {
	count(baseline_fresh.not_checked) == 1 with input as {"now": "2026-01-02T00:00:00Z", "baseline": {"kind": "none", "verified": false, "composed_of": []}}
		with data.params.max_baseline_age_days as 10
}
