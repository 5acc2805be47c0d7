package drift.supply_chain.provenance_present_test

import data.drift.supply_chain.provenance_present

sealed(part, now) := {
	"now": now,
	"baseline": object.union({"kind": "sealed", "verified": true, "file": "golden.drift", "composed_of": []}, part),
}

test_all_there_passes if {
	count(provenance_present.deny) == 0 with input as sealed({"provenance": {"git_commit": "a"}}, "")
		with data.params.required_provenance as ["git_commit"]
}

test_absent_and_blank_are_denied if {
	count(provenance_present.deny) == 2 with input as sealed({"provenance": {"builder": " "}}, "")
		with data.params.required_provenance as ["git_commit", "builder"]
}

test_nothing_required_is_not_checked if {
	count(provenance_present.not_checked) == 1 with input as sealed({"provenance": {}}, "")
		with data.params.required_provenance as []
}

test_several_baselines_are_not_checked if {
	count(provenance_present.not_checked) == 1 with input as sealed({"provenance": {"git_commit": "a"}, "composed_of": [{}, {}]}, "")
		with data.params.required_provenance as ["git_commit"]
}
