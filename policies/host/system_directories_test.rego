package drift.host.system_directories_test

import data.drift.host.system_directories

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

test_the_usual_ones_pass if {
	found := system_directories.deny with input as {
		"files": {
			"/": object.union(file, {"path": "/", "type": "directory"}),
			"/bin": object.union(file, {"path": "/bin", "type": "symlink", "mode": "0777"}),
			"/usr": object.union(file, {"path": "/usr", "type": "directory"}),
			"/boot": {"path": "/boot", "state": "absent"},
		},
	}
	count(found) == 0
}

test_others_are_denied if {
	found := system_directories.deny with input as {
		"files": {
			"/": object.union(file, {"path": "/", "type": "directory", "mode": "0777"}),
			"/usr/local/bin": object.union(file, {"path": "/usr/local/bin", "type": "directory", "uid": 1000, "user": "ann"}),
		},
	}
	{denial.observed | some denial in found} == {"root:root 0777", "ann:root 0755"}
}

none := {"state": "absent", "matches": []}

holding(pattern, file) := {"files": object.union({"/usr/bin/*": none, "/usr/sbin/*": none}, {pattern: {"state": "present", "matches": [file]}})}

patterns := ["/usr/bin/*", "/usr/sbin/*", "/usr/local/bin/*", "/usr/local/sbin/*", "/usr/lib/systemd/system/*", "/usr/lib/*/lib*.so*"]

test_programs_of_others_are_denied if {
	every pattern in patterns {
		writable := system_directories.deny with input as holding(pattern, object.union(file, {"mode": "0757"}))
		{denial.observed | some denial in writable} == {"root:root 0757"}
		owned := system_directories.deny with input as holding(pattern, object.union(file, {"uid": 1000, "user": "ann"}))
		{denial.observed | some denial in owned} == {"ann:root 0755"}
	}
}

test_programs_of_root_pass if {
	every pattern in patterns {
		found := system_directories.deny with input as holding(pattern, object.union(file, {"mode": "4755"}))
		count(found) == 0
	}
}

test_at_belongs_to_daemon if {
	found := system_directories.deny with input as holding("/usr/bin/*", object.union(file, {"path": "/usr/bin/at", "mode": "6755", "uid": 1}))
	count(found) == 0
}

test_the_directory_of_systemd_counts if {
	found := system_directories.deny with input as {"files": {"/usr/lib/systemd": object.union(file, {"type": "directory", "mode": "0777"})}}
	{denial.observed | some denial in found} == {"root:root 0777"}
}

test_programs_without_owner_are_not_checked if {
	found := system_directories.not_checked with input as holding("/usr/bin/*", object.union(file, {"uid": null}))
	found == {"the owner or the permissions of programs are not known"}
}
