package drift.host.shell_start_files_unchanged_test

import data.drift.host.shell_start_files_unchanged

test_other_files_pass if {
	found := shell_start_files_unchanged.deny with input as {
		"baseline": {"kind": "sealed"},
		"changes": [
			{"subject": "entry", "path": "/etc/hosts", "kind": "modified"},
			{"subject": "entry", "path": "/etc/profile", "kind": "removed"},
			{"subject": "entry", "path": "/home/ann/.vimrc", "kind": "modified"},
			{"subject": "entry", "path": "/srv/.bashrc", "kind": "modified"},
			{"subject": "setting", "path": "/etc/profile", "kind": "modified"},
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

test_what_packages_say_is_no_baseline if {
	found := shell_start_files_unchanged.deny with input as {
		"baseline": {"kind": "package-database"},
		"changes": [{"subject": "entry", "path": "/etc/profile", "kind": "modified"}],
	}
	count(found) == 0
}
