package drift.immutability.no_change_in_place_test

import data.drift.immutability.no_change_in_place

changed(cause) := {
	"subject": "entry", "path": "/etc/hosts", "kind": "modified", "cause": cause,
	"attributes": [{"name": "digest", "before": "a", "after": "b"}, {"name": "size", "before": "1", "after": "2"}],
}

against(kind, changes) := {"baseline": {"kind": kind, "verified": true, "composed_of": []}, "changes": changes}

test_no_change_passes if {
	count(no_change_in_place.deny) == 0 with input as against("sealed", [])
	count(no_change_in_place.not_checked) == 0 with input as against("sealed", [])
}

test_a_change_in_place_is_denied if {
	no_change_in_place.deny == {{
		"path": "/etc/hosts", "observed": "modified: digest, size",
		"expected": "as in the reference", "message": "modified-in-place; digest b",
	}} with input as against("sealed", [changed("modified-in-place")])
}

test_an_upgrade_is_not if {
	count(no_change_in_place.deny) == 0 with input as against("sealed", [changed("upgraded")])
}

test_nothing_compared_is_not_checked if {
	count(no_change_in_place.not_checked) == 1 with input as against("none", [])
}

test_what_was_moved_is_missed_where_it_was if {
	moved := object.union(changed("moved"), {"path": "/opt/x", "moved_from": "/usr/bin/auditd", "attributes": []})
	some denial in no_change_in_place.deny with input as against("sealed", [moved])
	denial.path == "/usr/bin/auditd"
}
