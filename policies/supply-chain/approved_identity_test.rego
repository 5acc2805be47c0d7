package drift.supply_chain.approved_identity_test

import data.drift.supply_chain.approved_identity

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_the_right_one_passes if {
	count(approved_identity.deny) == 0 with input as sealed({"identity": "web"}, "")
		with data.params.approved_identities as ["web", "api"]
}

test_another_is_denied if {
	some denial in approved_identity.deny with input as sealed({"identity": "db"}, "")
		with data.params.approved_identities as ["web", "api"]
	denial.expected == "api, web"
}

test_none_named_is_not_checked if {
	count(approved_identity.not_checked) == 1 with input as sealed({"identity": "web"}, "")
		with data.params.approved_identities as []
}
