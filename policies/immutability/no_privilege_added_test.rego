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

retyped(type) := {
	"subject": "entry", "path": "/usr/bin/x", "kind": "modified", "type": type, "cause": "modified-in-place",
	"attributes": [{"name": "type", "before": "symlink", "after": type}],
}

listing(kind, name, file) := object.union(
	against(kind, [retyped("file")]),
	{"lists": object.union({"setuid": [], "setgid": [], "capabilities": []}, {name: [file]})},
)

test_privilege_by_another_type_is_denied if {
	file := {"path": "/usr/bin/x", "mode": "6755", "capability": "cap_setuid=ep"}
	every name in ["setuid", "setgid", "capabilities"] {
		found := no_privilege_added.deny with input as listing("sealed", name, file)
		count(found) == 1
		none := no_privilege_added.deny with input as listing("sealed", name, object.union(file, {"path": "/usr/bin/y"}))
		count(none) == 0
		unknown := no_privilege_added.deny with input as listing("package-database", name, file)
		count(unknown) == 0
	}
}

test_a_device_by_another_type_is_denied if {
	count(no_privilege_added.deny) == 1 with input as against("sealed", [retyped("block")])
	count(no_privilege_added.deny) == 0 with input as against("sealed", [retyped("directory")])
}
