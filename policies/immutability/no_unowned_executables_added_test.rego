package drift.immutability.no_unowned_executables_added_test

import data.drift.immutability.no_unowned_executables_added

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

added(type, name, after) := {
	"subject": "entry", "path": "/usr/bin/x", "kind": "added", "type": type, "cause": "unowned",
	"attributes": [{"name": name, "before": null, "after": after}],
}

test_data_passes if {
	count(no_unowned_executables_added.deny) == 0 with input as against("sealed", [added("file", "mode", "0644")])
}

test_a_program_is_denied_whatever_rules_say if {
	declared := object.union(added("file", "mode", "0755"), {"cause": "declared-dynamic"})
	some denial in no_unowned_executables_added.deny with input as against("sealed", [declared])
	denial.message == "declared-dynamic"
}

test_one_of_a_package_passes if {
	owned := object.union(added("file", "mode", "0755"), {"package": {"name": "bash"}})
	count(no_unowned_executables_added.deny) == 0 with input as against("sealed", [owned])
}

test_a_link_on_path_is_denied if {
	link := object.union(added("symlink", "link_target", "/tmp/x"), {"on_path": true})
	count(no_unowned_executables_added.deny) == 1 with input as against("sealed", [link])
}

retyped(type) := {
	"subject": "entry", "path": "/usr/bin/x", "kind": "modified", "type": type, "cause": "modified-in-place", "on_path": true,
	"attributes": [{"name": "type", "before": "directory", "after": type}],
}

test_a_program_by_another_type_is_denied if {
	count(no_unowned_executables_added.deny) == 1 with input as against("sealed", [retyped("file")])
	count(no_unowned_executables_added.deny) == 1 with input as against("sealed", [retyped("symlink")])
	count(no_unowned_executables_added.deny) == 0 with input as against("sealed", [object.union(retyped("file"), {"on_path": false})])
	count(no_unowned_executables_added.deny) == 0 with input as against("sealed", [object.union(retyped("file"), {"package": {"name": "bash"}})])
	count(no_unowned_executables_added.deny) == 0 with input as against("package-database", [retyped("file")])
}
