package drift.lib.permissions_test

import data.drift.lib.permissions

file := {"path": "/f", "state": "present", "type": "file", "mode": "0640", "uid": 0, "gid": 42, "user": "root", "group": "shadow"}

test_shown if permissions.shown(file) == "root:shadow 0640"

test_shown_without_names if {
	permissions.shown(object.union(file, {"user": null, "group": null, "uid": 7})) == "7:42 0640"
	permissions.shown(object.union(file, {"user": null, "uid": null, "mode": null})) == "unknown:shadow"
}

test_beyond if {
	not permissions.beyond("0640", "0640")
	not permissions.beyond("0600", "0640")
	not permissions.beyond("1777", "1777")
	permissions.beyond("4755", "0755")
	permissions.beyond("0642", "0640")
	permissions.beyond("0077", "0700")
}

test_no_flaw if permissions.flaws(file, {0}, "0640") == set()

test_flaws if {
	permissions.flaws(file, {1, 2}, "0600") == {
		{"observed": "root:shadow 0640", "expected": "owner 1 or 2"},
		{"observed": "root:shadow 0640", "expected": "0600 or less"},
	}
}

test_a_link_has_no_permissions if {
	permissions.flaws(object.union(file, {"type": "symlink", "mode": "0777"}), {0}, "0600") == set()
}

test_what_is_absent_has_no_flaw if {
	permissions.flaws(object.union(file, {"state": "absent"}), {1}, "0600") == set()
	permissions.wrong_group(object.union(file, {"state": "absent"}), []) == set()
}

test_what_is_not_known_is_no_flaw if {
	permissions.flaws(object.union(file, {"uid": null, "mode": null}), {1}, "0600") == set()
	permissions.wrong_group(object.union(file, {"gid": null, "group": null}), []) == set()
}

test_group if {
	permissions.wrong_group(file, ["shadow"]) == set()
	permissions.wrong_group(object.union(file, {"gid": 0, "group": "root"}), []) == set()
	permissions.wrong_group(file, []) == {{"observed": "root:shadow 0640", "expected": "group 0"}}
	permissions.wrong_group(file, ["www"]) == {{"observed": "root:shadow 0640", "expected": "group 0 or www"}}
}

test_unseen if {
	permissions.unseen([file]) == set()
	permissions.unseen({object.union(file, {"mode": null})}) == {"the owner or the permissions of /f are not known"}
	permissions.unseen({object.union(file, {"state": "absent", "mode": null})}) == set()
}

link := object.union(file, {"path": "/etc/a/l", "type": "symlink", "mode": "0777"})

test_led_away if {
	every target in ["/tmp/x", "b", "../b", "/lib/../tmp/x", "/usr/lib", "/usr/lib/..", "../../lib/x"] {
		permissions.led_away([object.union(link, {"link_target": target})]) == {"what /etc/a/l leads to is not judged"}
	}
}

test_an_unknown_goal_is_away if {
	permissions.led_away([object.union(link, {"link_target": null})]) == {"what /etc/a/l leads to is not judged"}
}

test_not_led_away if {
	every target in ["/usr/lib/x", "/lib/x", "/run/x", "/dev/null", "/etc/f", "../f"] {
		permissions.led_away([object.union(link, {"link_target": target}), object.union(file, {"path": "/etc/f"})]) == set()
	}
	permissions.led_away([file]) == set()
}
