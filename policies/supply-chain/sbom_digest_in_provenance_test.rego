package drift.supply_chain.sbom_digest_in_provenance_test

import data.drift.supply_chain.sbom_digest_in_provenance

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_a_digest_passes if {
	count(sbom_digest_in_provenance.deny) == 0 with input as sealed({"provenance": {"sbom": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}, "")
}

test_absent_and_misspelt_are_denied if {
	some denial in sbom_digest_in_provenance.deny with input as sealed({"provenance": {}}, "")
	denial.observed == "absent"
	count(sbom_digest_in_provenance.deny) == 1 with input as sealed({"provenance": {"sbom": "SHA256:00"}}, "")
}
