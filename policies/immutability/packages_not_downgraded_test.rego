package drift.immutability.packages_not_downgraded_test

import data.drift.immutability.packages_not_downgraded

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

changed(cause, before, after) := {
	"subject": "package", "path": "bash", "kind": "modified", "cause": cause,
	"package": {"name": "bash", "before": before, "after": after},
}

test_a_downgrade_is_denied if {
	some denial in packages_not_downgraded.deny with input as against("sealed", [changed("downgraded", "2", "1")])
	denial.expected == "2 or newer"
}

test_an_upgrade_passes if {
	count(packages_not_downgraded.deny) == 0 with input as against("sealed", [changed("upgraded", "1", "2")])
}
