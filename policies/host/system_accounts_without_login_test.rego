package drift.host.system_accounts_without_login_test

import data.drift.host.system_accounts_without_login

test_nologin_people_and_root_pass if {
	found := system_accounts_without_login.deny with input as {
		"accounts": {
			"users": {
				"root": {"system": true, "login": true, "shell": "/bin/bash", "line": 1},
				"mail": {"system": true, "login": false, "shell": "/usr/sbin/nologin", "line": 2},
				"ann": {"system": false, "login": true, "shell": "/bin/bash", "line": 3},
			},
			"groups": {},
		},
	}
		with data.params.system_login_allowed as ["root"]
	count(found) == 0
}

test_a_shell_is_denied if {
	found := system_accounts_without_login.deny with input as {
		"accounts": {
			"users": {"mail": {"system": true, "login": true, "shell": "/bin/sh", "line": 2}},
			"groups": {},
		},
	}
		with data.params.system_login_allowed as ["root"]
	{denial.observed | some denial in found} == {"mail with /bin/sh"}
}
