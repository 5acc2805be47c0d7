package drift.supply_chain.approved_signer_test

import data.drift.supply_chain.approved_signer

signed(name, key) := {"baseline": {
	"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": [],
	"signers": [{"name": name, "key": key}],
}}

test_by_name_or_key if {
	count(approved_signer.deny) == 0 with input as signed("release", "sha256:aa")
		with data.params.approved_signers as ["release"]
	count(approved_signer.deny) == 0 with input as signed("release", "sha256:aa")
		with data.params.approved_signers as ["sha256:aa"]
}

test_another_is_denied if {
	some denial in approved_signer.deny with input as signed("laptop", "sha256:bb")
		with data.params.approved_signers as ["release"]
	denial.observed == "laptop"
}

test_nobody_approved_is_not_checked if {
	count(approved_signer.not_checked) == 1 with input as signed("laptop", "sha256:bb")
		with data.params.approved_signers as []
}
