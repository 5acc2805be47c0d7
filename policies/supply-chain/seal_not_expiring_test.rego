package drift.supply_chain.seal_not_expiring_test

import data.drift.supply_chain.seal_not_expiring

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_far_off_passes if {
	count(seal_not_expiring.deny) == 0 with input as sealed({"expires": "2026-01-15T00:00:00Z"}, "2026-01-01T00:00:00Z")
		with data.params.min_days_until_expiry as 14
}

test_near_is_denied if {
	count(seal_not_expiring.deny) == 1 with input as sealed({"expires": "2026-01-14T23:59:59Z"}, "2026-01-01T00:00:00Z")
		with data.params.min_days_until_expiry as 14
}

test_no_expiry_is_not_applicable if {
	count(seal_not_expiring.not_applicable) == 1 with input as sealed({"expires": null}, "2026-01-01T00:00:00Z")
		with data.params.min_days_until_expiry as 14
}
