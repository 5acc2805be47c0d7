package drift.lib.paths_test

import data.drift.lib.paths

test_itself_and_below if {
	paths.below("/usr", "/usr")
	paths.below("/usr/bin/tool", "/usr")
	paths.below("/usr/bin/tool", "/usr/")
	paths.below("/etc", "/")
}

test_a_longer_name_is_not_below if {
	not paths.below("/usrlocal/x", "/usr")
	not paths.below("/us", "/usr")
}

test_one_of_many if {
	paths.below_any("/bin/sh", ["/usr", "/bin"])
	not paths.below_any("/etc/x", ["/usr", "/bin"])
	not paths.below_any("/etc/x", [])
}
