package drift.host.files_without_account_test

import data.drift.host.files_without_account

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
	found := files_without_account.deny with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
		"lists": {"without_account": []},
	}
	count(found) == 0
}

test_each_is_denied if {
	found := files_without_account.deny with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "present"},
			"/etc/group": {"path": "/etc/group", "state": "present"},
		},
		"lists": {"without_account": [object.union(file, {"uid": 4711, "user": null})]},
	}
	{denial.observed | some denial in found} == {"4711:root 0755"}
}

test_without_accounts_nothing_is_denied if {
	found := files_without_account.deny with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
		"lists": {"without_account": [object.union(file, {"uid": 4711, "user": null})]},
	}
	count(found) == 0
}

test_without_accounts_it_is_not_applicable if {
	found := files_without_account.not_applicable with input as {
		"files": {
			"/etc/passwd": {"path": "/etc/passwd", "state": "absent"},
			"/etc/group": {"path": "/etc/group", "state": "absent"},
		},
		"lists": {"without_account": []},
	}
	found == {"there is no /etc/passwd", "there is no /etc/group"}
}

test_without_passwd_nothing_is_denied if {
	found := files_without_account.deny with input as {
		"files": {"/etc/passwd": {"state": "absent"}, "/etc/group": {"state": "present"}},
		"lists": {"without_account": [object.union(file, {"uid": 4711, "user": null})]},
	}
	count(found) == 0
}

test_without_group_nothing_is_denied if {
	found := files_without_account.deny with input as {
		"files": {"/etc/passwd": {"state": "present"}, "/etc/group": {"state": "absent"}},
		"lists": {"without_account": [object.union(file, {"uid": 4711, "user": null})]},
	}
	count(found) == 0
}
