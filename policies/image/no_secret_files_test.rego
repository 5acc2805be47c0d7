package drift.image.no_secret_files_test

import data.drift.image.no_secret_files

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

test_public_keys_empty_and_allowed_files_pass if {
	found := no_secret_files.deny with input as {
		"files": {
			"/root/.ssh/id_*": {
				"state": "present",
				"matches": [
					object.union(file, {"path": "/root/.ssh/id_rsa.pub"}),
					object.union(file, {"path": "/root/.ssh/id_x", "size": 0}),
				],
			},
			"/etc/krb5.keytab": object.union(file, {"path": "/etc/krb5.keytab"}),
			"/root/.netrc": object.union(file, {"path": "/root/.netrc", "state": "absent", "size": null, "type": null}),
			"/root/.pgpass": object.union(file, {"path": "/root/.pgpass", "type": "directory"}),
		},
	}
		with data.params.secret_files_allowed as ["/etc/krb5.keytab"]
	count(found) == 0
}

test_keys_credentials_and_histories_are_denied if {
	found := no_secret_files.deny with input as {
		"files": {
			"/home/*/.ssh/id_*": {
				"state": "present",
				"matches": [object.union(file, {"path": "/home/a/.ssh/id_rsa"})],
			},
			"/root/.docker/config.json": object.union(file, {"path": "/root/.docker/config.json"}),
			"/root/.bash_history": object.union(file, {"path": "/root/.bash_history"}),
		},
	}
		with data.params.secret_files_allowed as ["/etc/krb5.keytab"]
	{denial.observed | some denial in found} == {"a private key", "credentials", "a history of commands"}
}
