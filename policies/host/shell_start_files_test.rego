package drift.host.shell_start_files_test

import data.drift.host.shell_start_files

file := {
	"path": "/usr/bin/x",
	"state": "present",
	"type": "file",
	"mode": "0755",
	"uid": 0,
	"gid": 0,
	"user": "root",
	"group": "root",
	"size": 1,
	"setuid": false,
	"setgid": false,
	"package": null,
	"layer": null,
	"in_baseline": null,
	"capability": null,
}

test_those_of_root_and_its_own_pass if {
	found := shell_start_files.deny with input as {
		"files": {
			"/etc/profile": object.union(file, {"path": "/etc/profile", "mode": "0644"}),
			"/etc/bash.bashrc": object.union(file, {"path": "/etc/bash.bashrc", "mode": "0644"}),
			"/etc/environment": object.union(file, {"path": "/etc/environment", "mode": "0644"}),
			"/etc/profile.d/*": {"state": "present", "matches": []},
			"/etc/zsh/*": {"state": "present", "matches": []},
			"/etc/skel/.*": {"state": "present", "matches": []},
		},
		"accounts": {
			"users": {
				"ann": {
					"uid": 1000,
					"start_files": [
						object.union(file, {"path": "/home/ann/.bashrc", "mode": "0644", "uid": 1000}),
					],
				},
			},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := shell_start_files.deny with input as {
		"files": {
			"/etc/profile": object.union(file, {"path": "/etc/profile", "mode": "0644"}),
			"/etc/bash.bashrc": object.union(file, {"path": "/etc/bash.bashrc", "mode": "0644"}),
			"/etc/environment": object.union(file, {"path": "/etc/environment", "mode": "0644"}),
			"/etc/profile.d/*": {
				"state": "present",
				"matches": [object.union(file, {"path": "/etc/profile.d/x.sh", "mode": "0666"})],
			},
			"/etc/zsh/*": {"state": "present", "matches": []},
			"/etc/skel/.*": {"state": "present", "matches": []},
		},
		"accounts": {
			"users": {
				"ann": {
					"uid": 1000,
					"start_files": [
						object.union(file, {"path": "/home/ann/.bashrc", "mode": "0644", "uid": 7, "user": "bob"}),
					],
				},
			},
		},
	}
	{denial.observed | some denial in found} == {"root:root 0666", "bob:root 0644"}
}

test_those_of_csh_count if {
	every path in ["/etc/csh.login", "/etc/csh.cshrc"] {
		found := shell_start_files.deny with input as {"files": {path: object.union(file, {"mode": "0666"})}, "accounts": {"users": {}}}
		{denial.observed | some denial in found} == {"root:root 0666"}
	}
}

test_links_are_not_checked if {
	link := object.union(file, {"path": "/x", "type": "symlink", "link_target": "/tmp/x"})
	of_all := shell_start_files.not_checked with input as {"files": {"/etc/profile": link}, "accounts": {"users": {}}}
	of_all == {"what /x leads to is not judged"}
	own := shell_start_files.not_checked with input as {"files": {}, "accounts": {"users": {"ann": {"uid": 7, "start_files": [link]}}}}
	own == {"what /x leads to is not judged"}
}
