package drift.immutability.usr_unmodified_test

import data.drift.immutability.usr_unmodified

against(kind, changes) := {
	"baseline": {"kind": kind, "verified": kind == "sealed", "composed_of": []},
	"coverage": {"not_observable": []},
	"changes": changes,
}

added := {"subject": "entry", "path": "/usr/lib/evil.so", "kind": "added", "cause": "unowned", "folded_into": null}

test_elsewhere_passes if {
	count(usr_unmodified.deny) == 0 with input as against("sealed", [object.union(added, {"path": "/usrlocal"})])
		with data.params.immutable_directories as ["/usr"]
}

test_an_added_file_is_denied if {
	some denial in usr_unmodified.deny with input as against("sealed", [added])
		with data.params.immutable_directories as ["/usr"]
	denial.path == "/usr/lib/evil.so"
}

test_an_upgrade_is_one_denial if {
	folded := [object.union(added, {"path": path, "cause": "upgraded", "folded_into": "00", "package": {"name": "bash"}}) | some path in ["/usr/a", "/usr/b"]]
	usr_unmodified.deny == {{
		"package": "bash", "observed": "upgraded",
		"expected": "as in the reference", "message": "its files lie in an immutable directory",
	}} with input as against("sealed", folded)
		with data.params.immutable_directories as ["/usr"]
}

test_a_declared_change_passes if {
	count(usr_unmodified.deny) == 0 with input as against("sealed", [object.union(added, {"cause": "declared-dynamic"})])
		with data.params.immutable_directories as ["/usr"]
}

test_without_directories_it_is_not_checked if {
	count(usr_unmodified.not_checked) == 1 with input as against("sealed", [])
		with data.params.immutable_directories as []
}

test_a_package_database_tells_contents_alone if {
	record := object.union(added, {"cause": "vendor-record-differs", "kind": "modified", "attributes": [{"name": "digest"}]})
	count(usr_unmodified.deny) == 1 with input as against("package-database", [added, record])
		with data.params.immutable_directories as ["/usr"]
	count(usr_unmodified.not_checked) == 1 with input as against("package-database", [])
		with data.params.immutable_directories as ["/usr"]
}

test_what_was_moved_out_is_denied_where_it_was if {
	moved := object.union(added, {"path": "/opt/x", "kind": "modified", "cause": "moved", "moved_from": "/usr/bin/auditd", "attributes": []})
	some denial in usr_unmodified.deny with input as against("sealed", [moved])
		with data.params.immutable_directories as ["/usr"]
	denial.path == "/usr/bin/auditd"
}
