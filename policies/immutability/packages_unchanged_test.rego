package drift.immutability.packages_unchanged_test

import data.drift.immutability.packages_unchanged

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

changed(cause, before, after) := {
	"subject": "package", "path": "bash", "kind": "modified", "cause": cause,
	"package": {"name": "bash", "before": before, "after": after},
}

test_an_upgrade_is_denied if {
	some denial in packages_unchanged.deny with input as against("sealed", [changed("upgraded", "1", "2")])
		with data.params.may_change as ["tzdata"]
	denial.observed == "2"
}

test_a_new_package_is_denied if {
	some denial in packages_unchanged.deny with input as against("sealed", [changed("installed", null, "2")])
		with data.params.may_change as []
	denial.expected == "not installed"
}

test_a_named_one_passes if {
	count(packages_unchanged.deny) == 0 with input as against("sealed", [changed("upgraded", "1", "2")])
		with data.params.may_change as ["bash"]
}

test_a_package_database_is_not_checked if {
	count(packages_unchanged.not_checked) == 1 with input as against("package-database", [])
		with data.params.may_change as []
}
