package drift.image.user_is_an_account_test

import data.drift.image.user_is_an_account

test_an_account_passes if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"app": {"uid": 7, "line": 2}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	count(found) == 0
}

test_root_under_another_name_is_denied if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app:app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"app": {"uid": 0, "line": 2}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	{denial.observed | some denial in found} == {"app with the user id 0"}
}

test_an_account_called_like_a_number_is_denied if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "1000"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"1000": {"uid": 0, "line": 2}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	{denial.observed | some denial in found} == {"1000 with the user id 0"}
}

test_no_account_is_denied if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"web": {"uid": 7, "line": 2}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	{denial.observed | some denial in found} == {"no account app"}
}

test_a_number_is_not_applicable if {
	found := user_is_an_account.not_applicable with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "10001"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	found == {"the image names no account, but a number or root"}
}

test_no_user_is_not_applicable if {
	found := user_is_an_account.not_applicable with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	found == {"the image names no account, but a number or root"}
}

test_without_image_it_is_not_applicable if {
	found := user_is_an_account.not_applicable with input as {"image": null, "accounts": {"users": {}}, "files": {"/etc/passwd": {"state": "present"}}}
	found == {"the target is no image"}
}

test_root_is_an_account if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "root"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"root": {"uid": 0, "line": 1}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	count(found) == 0
}

test_a_number_without_account_passes if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "10001"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	count(found) == 0
}

test_with_a_passwd_that_was_not_read_nothing_is_denied if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {}},
		"files": {"/etc/passwd": {"state": "unreadable"}},
	}
	count(found) == 0
}

test_root_without_passwd_passes if {
	found := user_is_an_account.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "root"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {}},
		"files": {"/etc/passwd": {"state": "absent"}},
	}
	count(found) == 0
}

test_a_name_is_applicable if {
	found := user_is_an_account.not_applicable with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"accounts": {"users": {"app": {"uid": 7, "line": 2}}},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	count(found) == 0
}

malformed := [
	{"file": "/etc/passwd", "line": 3, "reason": "it has not seven fields"},
	{"file": "/etc/group", "line": 4, "reason": "it has no name"},
]

test_a_malformed_line_is_denied if {
	found := user_is_an_account.deny with input as {
		"image": {"config": {"user": "app"}},
		"accounts": {"users": {"app": {"uid": 7, "line": 2}}, "malformed": malformed},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	{denial.observed | some denial in found} == {"it has not seven fields"}
}

test_a_malformed_line_is_nothing_to_root if {
	found := user_is_an_account.deny with input as {
		"image": {"config": {"user": "root"}},
		"accounts": {"users": {}, "malformed": malformed},
		"files": {"/etc/passwd": {"state": "present"}},
	}
	count(found) == 0
}
