package drift.immutability.mode_not_looser_test

import data.drift.immutability.mode_not_looser

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

modified(name, before, after) := {
	"subject": "entry", "path": "/etc/x", "kind": "modified", "type": "file",
	"attributes": [{"name": name, "before": before, "after": after}],
}

test_stricter_passes if {
	count(mode_not_looser.deny) == 0 with input as against("sealed", [modified("mode", "0755", "0700")])
}

test_looser_is_denied if {
	some denial in mode_not_looser.deny with input as against("sealed", [modified("mode", "0755", "4755")])
	denial.message == "allows in addition: setuid"
}

test_leaving_root_is_denied if {
	some denial in mode_not_looser.deny with input as against("sealed", [modified("uid", "0", "5")])
	denial.observed == "uid 5"
}

test_coming_to_root_passes if {
	count(mode_not_looser.deny) == 0 with input as against("sealed", [modified("uid", "5", "0")])
}

test_a_list_is_denied_and_its_loss_is_not if {
	count(mode_not_looser.deny) == 1 with input as against("sealed", [modified("acl", null, "user:5:rw-")])
	count(mode_not_looser.deny) == 0 with input as against("sealed", [modified("acl", "user:5:rw-", null)])
}

test_a_package_database_is_not_checked if {
	count(mode_not_looser.not_checked) == 1 with input as against("package-database", [])
}
