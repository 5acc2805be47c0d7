package drift.supply_chain.seal_has_expiry_test

import data.drift.supply_chain.seal_has_expiry

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_one_passes if {
	count(seal_has_expiry.deny) == 0 with input as sealed({"expires": "2026-01-01T00:00:00Z"}, "")
}

test_none_is_denied if {
	count(seal_has_expiry.deny) == 1 with input as sealed({"expires": null}, "")
}
