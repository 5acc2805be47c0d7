package drift.immutability.no_unverified_changes_test

import data.drift.immutability.no_unverified_changes

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

upgraded := {"subject": "package", "path": "bash", "kind": "modified", "cause": "upgraded", "cause_verified": false}

test_an_upgrade_is_denied if {
	some denial in no_unverified_changes.deny with input as against("sealed", [upgraded])
	denial.package == "bash"
}

test_a_verified_cause_passes if {
	count(no_unverified_changes.deny) == 0 with input as against("sealed", [object.union(upgraded, {"cause_verified": true})])
}

test_what_a_package_stands_for_is_not_told_twice if {
	count(no_unverified_changes.deny) == 0 with input as against("sealed", [object.union(upgraded, {"folded_into": "00"})])
}

test_without_a_seal_it_is_not_checked if {
	count(no_unverified_changes.deny) == 0 with input as against("package-database", [upgraded])
	count(no_unverified_changes.not_checked) == 1 with input as against("package-database", [upgraded])
}
