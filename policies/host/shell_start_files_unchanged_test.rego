package drift.host.shell_start_files_unchanged_test

import data.drift.host.shell_start_files_unchanged

test_other_files_pass if {
	found := shell_start_files_unchanged.deny with input as {
		"baseline": {"kind": "sealed"},
		"changes": [
			{"subject": "entry", "path": "/etc/hosts", "kind": "modified"},
			{"subject": "entry", "path": "/etc/profile", "kind": "removed"},
			{"subject": "entry", "path": "/home/ann/.vimrc", "kind": "modified"},
		],
	}
	count(found) == 0
}

test_start_files_are_denied if {
	found := shell_start_files_unchanged.deny with input as {
		"baseline": {"kind": "sealed"},
		"changes": [
			{"subject": "entry", "path": "/etc/profile", "kind": "modified"},
			{"subject": "entry", "path": "/home/ann/.bashrc", "kind": "added"},
			{"subject": "entry", "path": "/etc/profile.d/x.sh", "kind": "added"},
		],
	}
	{denial.observed | some denial in found} == {"modified", "added"}
}

test_without_baseline_it_is_not_checked if {
	found := shell_start_files_unchanged.not_checked with input as {"baseline": {"kind": "package-database"}, "changes": []}
	found == {"there is no baseline to compare with"}
}
