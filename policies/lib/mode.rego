# Permissions as reports write them: four octal digits in a text, such as "0755" or "4755".
package drift.lib.mode

# What the first digit turns on.
special := {
	"0": set(), "1": {"sticky"}, "2": {"setgid"}, "3": {"setgid", "sticky"},
	"4": {"setuid"}, "5": {"setuid", "sticky"}, "6": {"setuid", "setgid"}, "7": {"setuid", "setgid", "sticky"},
}

# What the second digit turns on.
owner := {
	"0": set(), "1": {"u+x"}, "2": {"u+w"}, "3": {"u+w", "u+x"},
	"4": {"u+r"}, "5": {"u+r", "u+x"}, "6": {"u+r", "u+w"}, "7": {"u+r", "u+w", "u+x"},
}

# What the third digit turns on.
group := {
	"0": set(), "1": {"g+x"}, "2": {"g+w"}, "3": {"g+w", "g+x"},
	"4": {"g+r"}, "5": {"g+r", "g+x"}, "6": {"g+r", "g+w"}, "7": {"g+r", "g+w", "g+x"},
}

# What the fourth digit turns on.
others := {
	"0": set(), "1": {"o+x"}, "2": {"o+w"}, "3": {"o+w", "o+x"},
	"4": {"o+r"}, "5": {"o+r", "o+x"}, "6": {"o+r", "o+w"}, "7": {"o+r", "o+w", "o+x"},
}

# The names of the bits that are on; undefined of what is no mode.
bits(text) := (special[substring(text, 0, 1)] | owner[substring(text, 1, 1)]) | (group[substring(text, 2, 1)] | others[substring(text, 3, 1)]) if {
	count(text) == 4
}

# What the second mode allows and the first does not. The sticky bit takes away: lacking it allows.
gained(before, after) := ((bits(after) - bits(before)) - {"sticky"}) | ((bits(before) - bits(after)) & {"sticky"})

# Whether anybody may run a file.
executable(text) if count(bits(text) & {"u+x", "g+x", "o+x"}) > 0

# Whether a file runs with the rights of its owner or group.
privileged(text) if count(bits(text) & {"setuid", "setgid"}) > 0
