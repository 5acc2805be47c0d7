package drift.lib.mode_test

import data.drift.lib.mode

test_bits_have_names if {
	mode.bits("4751") == {"setuid", "u+r", "u+w", "u+x", "g+r", "g+x", "o+x"}
	mode.bits("0000") == set()
}

test_what_is_no_mode_has_no_bits if {
	not mode.bits("755")
	not mode.bits("0788")
	not mode.bits("")
}

test_stricter_gains_nothing if {
	mode.gained("0755", "0700") == set()
	mode.gained("4755", "0755") == set()
	mode.gained("0777", "1777") == set()
}

test_looser_gains if {
	mode.gained("0755", "0757") == {"o+w"}
	mode.gained("0755", "6755") == {"setuid", "setgid"}
	mode.gained("1777", "0777") == {"sticky"}
}

test_a_swap_gains if mode.gained("0740", "0704") == {"o+r"}

test_executable if {
	mode.executable("0001")
	not mode.executable("4644")
}

test_privileged if {
	mode.privileged("2755")
	not mode.privileged("1777")
}
