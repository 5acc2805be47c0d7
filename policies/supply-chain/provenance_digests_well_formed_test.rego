package drift.supply_chain.provenance_digests_well_formed_test

import data.drift.supply_chain.provenance_digests_well_formed

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

commit := "0123456789abcdef0123456789abcdef01234567"

test_whole_ones_pass if {
	count(provenance_digests_well_formed.deny) == 0 with input as sealed({"provenance": {"git_commit": commit, "sbom": digest, "pipeline": "any"}}, "")
	count(provenance_digests_well_formed.not_applicable) == 0 with input as sealed({"provenance": {"git_commit": commit}}, "")
}

test_short_ones_are_denied if {
	count(provenance_digests_well_formed.deny) == 3 with input as sealed({"provenance": {"git_commit": "abc1234", "base_digest": "sha256:12", "other": "sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}, "")
}

test_none_is_not_applicable if {
	count(provenance_digests_well_formed.not_applicable) == 1 with input as sealed({"provenance": {"pipeline": "any"}}, "")
}
