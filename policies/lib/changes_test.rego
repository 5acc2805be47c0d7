package drift.lib.changes_test

import data.drift.lib.changes

entry := {"subject": "entry", "path": "/etc/hosts", "kind": "added", "cause": "unowned", "attributes": [{"name": "mode", "before": null, "after": "0644"}]}

test_a_baselines_own_change_is_left_out if {
	altered := object.union(entry, {"altered_by": {"identity": "app", "file": "app.drift"}})
	count(changes.of_target) == 1 with input as {"changes": [altered, entry]}
}

test_folded_changes_are_left_out if {
	folded := object.union(entry, {"folded_into": "00"})
	count(changes.unfolded) == 1 with input as {"changes": [folded, entry]}
}

test_told if {
	changes.told(entry) == "added"
	changes.told({"kind": "modified", "attributes": [{"name": "mode"}, {"name": "uid"}]}) == "modified: mode, uid"
	changes.told({"kind": "modified", "moved_from": "/a", "attributes": []}) == "moved from /a"
}

test_each_subject_has_a_denial if {
	changes.denial(entry, "x").path == "/etc/hosts"
	changes.denial({"subject": "package", "path": "bash", "kind": "modified", "cause": "upgraded"}, "x").package == "bash"
	changes.denial({"subject": "fact", "path": "config.user", "kind": "modified", "cause": "modified-in-place", "attributes": []}, "x").observed == "config.user modified"
}

test_after if {
	changes.after(entry, "mode") == "0644"
	not changes.after(entry, "uid")
}

test_retyped if {
	other := object.union(entry, {"kind": "modified", "attributes": [{"name": "type", "before": "symlink", "after": "file"}]})
	mode := object.union(entry, {"path": "/x", "kind": "modified"})
	changes.retyped == {"/etc/hosts"} with input as {"changes": [other, mode]}
}
