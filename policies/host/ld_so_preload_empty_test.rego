package drift.host.ld_so_preload_empty_test

import data.drift.host.ld_so_preload_empty

test_nothing_and_what_is_allowed_pass if {
	found := ld_so_preload_empty.deny with input as {
		"settings": {
			"ld_so_preload": {
				"libraries": [{"value": "/usr/lib/libok.so", "file": "/etc/ld.so.preload", "line": 1}],
			},
		},
	}
		with data.params.preload_allowed as ["/usr/lib/libok.so"]
	count(found) == 0
}

test_another_one_is_denied if {
	found := ld_so_preload_empty.deny with input as {
		"settings": {
			"ld_so_preload": {"libraries": [{"value": "/tmp/evil.so", "file": "/etc/ld.so.preload", "line": 1}]},
		},
	}
		with data.params.preload_allowed as ["/usr/lib/libok.so"]
	{denial.observed | some denial in found} == {"/tmp/evil.so"}
}
