package drift.immutability.no_privilege_added_test

import data.drift.immutability.no_privilege_added

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

added(type, name, after) := {
	"subject": "entry", "path": "/usr/bin/x", "kind": "added", "type": type, "cause": "unowned",
	"attributes": [{"name": name, "before": null, "after": after}],
}

test_a_plain_file_passes if {
	count(no_privilege_added.deny) == 0 with input as against("sealed", [added("file", "mode", "0755")])
}

test_setuid_capabilities_and_devices_are_denied if {
	count(no_privilege_added.deny) == 1 with input as against("sealed", [added("file", "mode", "4755")])
	count(no_privilege_added.deny) == 1 with input as against("sealed", [added("file", "capability", "cap_setuid=ep")])
	count(no_privilege_added.deny) == 1 with input as against("sealed", [added("char", "mode", "0600")])
}

test_a_device_in_dev_passes if {
	count(no_privilege_added.deny) == 0 with input as against("sealed", [object.union(added("char", "mode", "0600"), {"path": "/dev/x"})])
}

test_unseen_capabilities_are_not_checked if {
	count(no_privilege_added.not_checked) == 1 with input as object.union(against("sealed", []), {"coverage": {"not_observable": ["entries.capability"]}})
}
