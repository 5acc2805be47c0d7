package drift.host.no_rsh_trust_files_test

import data.drift.host.no_rsh_trust_files

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

test_none_passes if {
	found := no_rsh_trust_files.deny with input as {
		"files": {
			"/root/.rhosts": {"path": "/root/.rhosts", "state": "absent"},
			"/home/*/.rhosts": {"state": "present", "matches": []},
		},
	}
	count(found) == 0
}

test_one_is_denied if {
	found := no_rsh_trust_files.deny with input as {
		"files": {
			"/root/.rhosts": {"path": "/root/.rhosts", "state": "absent"},
			"/home/*/.rhosts": {"state": "present", "matches": [object.union(file, {"path": "/home/ann/.rhosts"})]},
		},
	}
	{denial.observed | some denial in found} == {"file"}
}
