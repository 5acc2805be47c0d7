package drift.lib.baseline_test

import data.drift.lib.baseline

test_a_seal_must_have_held if {
	baseline.sealed with input as {"baseline": {"kind": "sealed", "verified": true}}
	not baseline.sealed with input as {"baseline": {"kind": "sealed", "verified": false}}
	not baseline.sealed with input as {"baseline": {"kind": "snapshot", "verified": true}}
}

test_a_package_database_is_no_earlier_state if {
	baseline.compared with input as {"baseline": {"kind": "package-database"}}
	not baseline.earlier with input as {"baseline": {"kind": "package-database"}}
	not baseline.compared with input as {"baseline": {"kind": "none"}}
}

test_one_baseline_is_its_own_part if {
	baseline.parts == [{"kind": "sealed", "composed_of": [], "file": "a"}] with input as {"baseline": {"kind": "sealed", "composed_of": [], "file": "a"}}
}

test_several_are_parts if {
	[part.file | some part in baseline.parts] == ["a", "b"] with input as {"baseline": {"kind": "sealed", "composed_of": [{"file": "a"}, {"file": "b"}], "file": "b"}}
}
