package drift.supply_chain.baseline_signed_test

import data.drift.supply_chain.baseline_signed

signer := {"name": "release", "key": "sha256:00"}

sealed(signers) := {"baseline": {"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": [], "signers": signers}}

test_a_sealed_baseline_passes if {
	count(baseline_signed.deny) == 0 with input as sealed([signer])
}

test_a_seal_that_nobody_made_is_denied if {
	some denial in baseline_signed.deny with input as sealed([])
	denial.observed == "no signature"
}

test_each_part_must_be_signed if {
	some denial in baseline_signed.deny with input as {"baseline": {
		"kind": "sealed", "verified": true,
		"composed_of": [{"file": "base.drift", "signers": []}, {"file": "app.drift", "signers": [signer]}],
	}}
	denial.message == "base.drift"
}

test_a_package_database_is_denied if {
	some denial in baseline_signed.deny with input as {"baseline": {"kind": "package-database", "verified": false, "composed_of": []}}
	denial.observed == "package-database"
}
